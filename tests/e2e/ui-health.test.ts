/** Admin, Health: what the doctor finds, told to a person in the page, with the button that cures it. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

const key = "sk-of-the-test-0123456789";
let browser: Browser;
let provider: FakeProvider;
let server: Server;
beforeAll(async () => {
  browser = await launchBrowser();
  provider = await startFakeProvider({ apiKey: key });
  server = await startServer({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${provider.url}/v1` } });
  await plantInvalidSetting();
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
  await provider.close();
});

async function plantInvalidSetting(): Promise<void> {
  await server.stop();
  const folder = join(server.dataDir, "do", "moltworker-Assistant");
  const file = readdirSync(folder).find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite") as string;
  const database = new DatabaseSync(join(folder, file));
  database.exec(`INSERT OR REPLACE INTO config VALUES ('agent', '{"maxSteps":"many"}', 1, 'test', 0)`);
  database.close();
  await server.restart();
}

async function openHealth(options: { width?: number; dark?: boolean } = {}): Promise<Surface> {
  const { events } = await server.run("link");
  const surface = await openSurface(browser, String(events[0]?.link), options);
  await isReady(surface.page);
  await surface.page.goto(`${server.url}#/admin/health`);
  await row(surface, "storage").waitFor();
  return surface;
}

const row = ({ page }: Surface, id: string) => page.locator(`[data-check="${id}"]`);

describe("Admin, Health", () => {
  it.each([
    [360, true],
    [360, false],
    [1280, true],
    [1280, false],
  ])("can be read by everybody at %i px, dark %s", async (width, dark) => {
    const surface = await openHealth({ width, dark });
    await fitsWidth(surface.page);
    expect(await barriers(surface.page)).toEqual([]);
    expect(surface.faults).toEqual([]);
    await surface.context.close();
  });

  it("shows the fault first, cures it, and hears of one only when the provider is asked", async () => {
    const surface = await openHealth();
    const { page } = surface;
    expect(await page.locator("[data-check]").first().getAttribute("data-check")).toBe("config");
    await page
      .getByRole("status")
      .getByText(/^1 failed\./)
      .waitFor();
    expect(await row(surface, "config").innerText()).toContain("agent.maxSteps");
    await row(surface, "config").getByRole("button", { name: "Cure it" }).click();
    await page
      .getByRole("status")
      .getByText(/^All is well\./)
      .waitFor();

    provider.expectKey("another key");
    await page.getByRole("button", { name: "Run again" }).click();
    await page
      .getByRole("status")
      .getByText(/^All is well\./)
      .waitFor();
    await page.getByRole("button", { name: "Ask the providers too" }).click();
    await page
      .getByRole("status")
      .getByText(/^1 failed\./)
      .waitFor();
    expect(await row(surface, "provider-key").getAttribute("data-verdict")).toBe("fail");
    await row(surface, "provider-key").getByRole("link", { name: "Go there" }).click();
    await page.locator("[data-provider=openai]").waitFor();
    expect(surface.faults).toEqual([]);
    await surface.context.close();
  });
});
