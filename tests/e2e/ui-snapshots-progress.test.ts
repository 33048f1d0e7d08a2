/** Work on snapshots while it goes on, in a browser: what it does, how far it is, and the way to stop it. The bucket is slow. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type S3Server, startS3Server } from "../support/s3-server.ts";
import { type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";
import { openSnapshotPage } from "../support/snapshot-page.ts";
import { barriers, fitsWidth } from "../support/ui.ts";

const pictures = process.env.UI_PICTURES;
let browser: Browser;
let server: Server;
let s3: S3Server;

beforeAll(async () => {
  [browser, server, s3] = await Promise.all([launchBrowser(), startServer(), startS3Server()]);
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  addMessages(db, 1, 16_000);
  db.close();
  await server.restart();
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
  await snapshotHost(server).destination({ endpoint, bucket, accessKeyId, secretAccessKey, region: "us-east-1" });
  // Every object takes a moment, so that what is drawn meanwhile can be seen.
  s3.pauseMs = 80;
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
  await s3?.close();
});

const open = (width: number, dark: boolean) => openSnapshotPage(browser, server, width, dark);

interface Seen {
  what: string;
  value: number;
  text: string;
}

/** From now on the page remembers every state of the bar; the function returns them. */
async function watchBar(page: Page): Promise<() => Promise<Seen[]>> {
  await page.evaluate(() => {
    const seen: Seen[] = [];
    Object.assign(window, { seenProgress: seen });
    const look = () => {
      const bar = document.querySelector("progress");
      if (!bar) return;
      const text = bar.parentElement?.querySelector("[role=status]")?.textContent ?? "";
      const now = { what: bar.getAttribute("aria-label") ?? "", value: bar.value, text };
      if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { seenProgress: Seen[] }).seenProgress);
}

/** What was seen of one phase only rises, and was somewhere in between. */
function expectMoved(seen: Seen[], what: string): void {
  const values = seen.filter((one) => one.what === what).map(({ value }) => value);
  expect(values, `${what}: ${JSON.stringify(seen)}`).toEqual([...values].sort((left, right) => left - right));
  expect(new Set(values.filter((value) => value > 0 && value < 1)).size, `${what}: ${values}`).toBeGreaterThan(0);
  expect(seen.filter((one) => one.what === what).some(({ text }) => /[\d,.]+ of [\d,.]+ rows/.test(text))).toBe(true);
}

const [reading, proving] = ["Reading and writing what changed", "Restoring it into a scratch object"];

it.each([
  [360, true],
  [1280, false],
])("a snapshot and a restore show what they do and how far they are, at %i px, dark %s", async (width, dark) => {
  const surface = await open(width, dark);
  const { page } = surface;
  let seen = await watchBar(page);
  await page.getByRole("button", { name: "Make one now" }).click();
  const bar = page.getByRole("progressbar", { name: proving });
  await bar.waitFor({ timeout: 60_000 });
  await fitsWidth(page);
  expect(await barriers(page)).toEqual([]);
  if (pictures) await page.screenshot({ path: `${pictures}/progress-${width}.png` });
  await page.getByText("Made and proved.").waitFor({ timeout: 90_000 });
  expect(await page.getByRole("progressbar").count()).toBe(0);
  // At the second width everything lies in the bucket already: then only the proof has something to fetch.
  if (width === 360) expectMoved(await seen(), reading);
  expectMoved(await seen(), proving);

  seen = await watchBar(page);
  const newest = page.getByRole("list", { name: "Snapshots" }).locator("[data-snapshot]").first();
  await newest.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("progressbar", { name: proving }).waitFor({ timeout: 60_000 });
  await expect.poll(async () => (await snapshotHost(server).state()).undo !== null, { timeout: 90_000 }).toBe(true);
  await page.getByText(/Went back to/).waitFor({ timeout: 60_000 });
  expect((await seen()).map(({ what }) => what)).toEqual(expect.arrayContaining([proving]));
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("the button stops it, and says so", async () => {
  const surface = await open(1280, true);
  const { page } = surface;
  const before = (await snapshotHost(server).state()).snapshots.length;
  await page.getByRole("button", { name: "Make one now" }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("It was stopped.").waitFor({ timeout: 60_000 });
  const { jobs, snapshots } = await snapshotHost(server).state();
  expect(jobs[0]).toMatchObject({ state: "aborted" });
  // Stopped while it was proved, it is there and does not count yet.
  expect(snapshots.filter(({ state }) => state === "verified").length).toBe(before);
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});
