/** Admin, Storage and snapshots, in a browser: make one, look into it, go back, undo; where they go, the passphrase, a sudden shrink. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, type Surface } from "../support/browser.ts";
import { type S3Server, startS3Server } from "../support/s3-server.ts";
import { type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";
import { openSnapshotPage } from "../support/snapshot-page.ts";
import { barriers, fitsWidth } from "../support/ui.ts";

let browser: Browser;
let server: Server;
let s3: S3Server;
const pictures = process.env.UI_PICTURES;

beforeAll(async () => {
  [browser, server, s3] = await Promise.all([launchBrowser(), startServer(), startS3Server()]);
  await rows((db) => addMessages(db, 1, 600, 400));
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
  await s3.close();
});

async function rows(work: (db: ReturnType<typeof openDatabaseFile>) => void): Promise<void> {
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  work(db);
  db.close();
  await server.restart();
}

const open = (width: number, dark: boolean) => openSnapshotPage(browser, server, width, dark);

async function isWell({ page, faults }: Surface, name: string): Promise<void> {
  await fitsWidth(page);
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  expect(await barriers(page)).toEqual([]);
  expect(faults).toEqual([]);
}

const snapshots = (page: Page) => page.getByRole("list", { name: "Snapshots" }).locator("[data-snapshot]");
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

it.each([
  [360, true],
  [1280, false],
])("one is made and proved, looked into, gone back to and undone, at %i px, dark %s", async (width, dark) => {
  const surface = await open(width, dark);
  const { page } = surface;
  const before = await snapshots(page).count();
  await page.getByRole("button", { name: "Make one now" }).click();
  await expect.poll(() => snapshots(page).count(), { timeout: 30_000 }).toBe(before + 1);
  const newest = snapshots(page).first();
  await newest.getByText("Proved").waitFor();
  await newest.getByRole("button", { name: "What changed since" }).click();
  await newest
    .getByText(/Nothing has changed since|~|\+/)
    .first()
    .waitFor();
  await newest.getByRole("button", { name: "Restore a part…" }).click();
  await newest.getByText("agent:main:filled").waitFor();
  await isWell(surface, `snapshots-${width}`);

  await newest.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Undo the restore" }).waitFor({ timeout: 40_000 });
  await expect.poll(() => page.getByRole("button", { name: "Undo the restore" }).isEnabled(), { timeout: 40_000 }).toBe(true);
  await isWell(surface, `restored-${width}`);

  const undone = await undoneAt();
  await page.getByRole("button", { name: "Undo the restore" }).click();
  await expect.poll(undoneAt, { timeout: 40_000 }).not.toBe(undone);
  await expect.poll(() => page.getByRole("button", { name: "Undo the restore" }).isEnabled(), { timeout: 40_000 }).toBe(true);
  await says(page, /Went back to/);
  await isWell(surface, `undone-${width}`);
  await surface.context.close();
});

/** When the last restore was, as the books say. */
const undoneAt = async () => (await snapshotHost(server).state()).undo?.restoredAt;

it("one is taken home by its button: a tar file of the very files of the store, which a folder of snapshots is made of", async () => {
  const surface = await open(1280, true);
  const { page } = surface;
  const item = snapshots(page).first();
  const id = String(await item.getAttribute("data-snapshot"));
  const [download] = await Promise.all([page.waitForEvent("download"), item.getByRole("link", { name: "Download" }).click()]);
  expect(download.suggestedFilename()).toBe(`moltworker-${id}.tar`);
  const folder = mkdtempSync(join(tmpdir(), "moltworker-download-"));
  try {
    const path = join(folder, "one.tar");
    await download.saveAs(path);
    mkdirSync(join(folder, "unpacked"));
    execFileSync("tar", ["-xf", path, "-C", join(folder, "unpacked")]);
    const listed = await server.run("snapshots", "list", "--from", join(folder, "unpacked"));
    expect(listed.events).toMatchObject([{ type: "snapshot", id, state: "verified" }]);
    const proved = await server.run("snapshots", "verify", id, "--from", join(folder, "unpacked"));
    expect(proved.events.at(-1)).toMatchObject({ type: "job", state: "done" });
  } finally {
    rmSync(folder, { recursive: true });
  }
  await isWell(surface, "downloaded-1280");
  await surface.context.close();
});

it("a bucket is tried before it is kept; a wrong key is named, a right one is where snapshots go", async () => {
  const surface = await open(1280, true);
  const { page } = surface;
  await page.getByLabel("Address").fill(s3.endpoint);
  await page.getByLabel("Bucket", { exact: true }).fill(s3.bucket);
  await page.getByLabel("Region").fill("us-east-1");
  await page.getByLabel("Access key").fill("nobody");
  await page.getByLabel("Secret of the key").fill("wrong");
  await page.getByRole("button", { name: "Try and use it" }).click();
  await says(page, /answered 403/);
  await page.getByLabel("Access key").fill(s3.accessKeyId);
  await page.getByLabel("Secret of the key").fill(s3.secretAccessKey);
  await page.getByRole("button", { name: "Try and use it" }).click();
  await says(page, /Now: the bucket moltbot-data at 127\.0\.0\.1/);
  expect(await page.getByLabel("Secret of the key").inputValue()).toBe("");
  await isWell(surface, "bucket-1280");
  await page.getByRole("button", { name: "Back to the assistant's own place" }).click();
  await says(page, /Now: the snapshot folder/);
  await surface.context.close();
});

it("a passphrase encrypts from then on, and can be taken off", async () => {
  const surface = await open(360, false);
  const { page } = surface;
  await page.getByLabel("Passphrase").fill("lobsters walk sideways");
  await page.getByRole("button", { name: "Encrypt from now on" }).click();
  await page.getByRole("button", { name: "No longer encrypt" }).waitFor();
  const before = await snapshots(page).count();
  await page.getByRole("button", { name: "Make one now" }).click();
  await expect.poll(() => snapshots(page).count(), { timeout: 30_000 }).toBe(before + 1);
  await snapshots(page)
    .first()
    .getByText(/encrypted/)
    .waitFor();
  await isWell(surface, "encrypted-360");
  await page.getByRole("button", { name: "No longer encrypt" }).click();
  await page.getByRole("button", { name: "Encrypt from now on" }).waitFor();
  await surface.context.close();
});

it("a snapshot that is suddenly small asks, and the answer is kept", async () => {
  await rows((db) => db.exec("DELETE FROM messages WHERE seq > 5"));
  const surface = await open(360, true);
  const { page } = surface;
  await page.getByRole("button", { name: "Make one now" }).click();
  await says(page, "The newest snapshot is much smaller than the one before");
  const count = await snapshots(page).count();
  await isWell(surface, "shrink-360");
  await page.getByRole("button", { name: "Drop the small one" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Drop it" }).click();
  await expect.poll(() => snapshots(page).count(), { timeout: 20_000 }).toBe(count - 1);
  await page.getByRole("button", { name: "Make one now" }).click();
  await page.getByRole("button", { name: "It is right" }).click();
  await page.getByText("The newest snapshot is much smaller").waitFor({ state: "detached" });
  await surface.context.close();
});
