/** The bucket of an old moltworker, read where it lies: bound beside our own on Cloudflare's runtime, taken by its button in the page. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { type CloudflareWorker, startCloudflareWorker } from "../support/cloudflare-worker.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

const token = "token-of-the-deployment-0123456789";
const pictures = process.env.UI_PICTURES;
let browser: Browser;
let worker: CloudflareWorker;

beforeAll(async () => {
  browser = await launchBrowser();
  // The second generation's layout: the home below `openclaw/`, the workspace and the skills beside it.
  worker = await startCloudflareWorker(
    { MOLTBOT_GATEWAY_TOKEN: token },
    {
      "openclaw/openclaw.json": JSON.stringify({
        agents: { defaults: { workspace: "~/clawd" } },
        ui: { assistant: { name: "Pinch" } },
      }),
      "workspace/MEMORY.md": "likes tea with lemon\n",
      "skills/tides/SKILL.md": "---\nname: tides\ndescription: When the tide turns\n---\nLook at the table.\n",
    },
  );
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await worker?.dispose();
});

it.each([
  [360, true],
  [1280, false],
])("is reported first and then taken, at %i px, dark %s", async (width, dark) => {
  const made = await fetch(new URL("/api/host/link", worker.url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  const { code } = (await made.json()) as { code: string };
  const surface = await openSurface(browser, `${worker.url}#${code}`, { width, dark });
  const { page } = surface;
  await isReady(page);
  await page.goto(`${worker.url}#/admin/moving`);
  await page.getByRole("button", { name: "Read the old bucket" }).click();
  const report = page.getByRole("list", { name: "Report" });
  await report.getByText("MEMORY.md").first().waitFor();
  if (pictures) await page.screenshot({ path: `${pictures}/bucket-report-${width}.png`, fullPage: true });
  await fitsWidth(page);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Import this" }).click();
  await page.getByRole("status").getByText("Imported.").waitFor({ timeout: 60_000 });
  expect(await report.getByText("Failed").count()).toBe(0);
  expect(surface.faults).toEqual([]);
  await page.close();
});
