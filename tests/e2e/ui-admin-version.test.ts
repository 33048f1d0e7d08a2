/** Admin, Version: a newer build on disk is said in a sentence, and one press (or one command) makes it the running one. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { type BuildCopy, copyBuild } from "../support/build-copy.ts";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

let browser: Browser;
let copy: BuildCopy;
let server: Server;
beforeAll(async () => {
  browser = await launchBrowser();
  copy = copyBuild();
  server = await startServer({ command: copy.command });
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
  copy.dispose();
});

/** A restart is no fault of the page. */
const expected = /WebSocket|ERR_CONNECTION/;

it.each([
  [360, true],
  [1280, false],
])("a newer build is named, and the button starts it, at %i px, dark %s", async (width, dark) => {
  const { events } = await server.run("link");
  const { page, context, faults } = await openSurface(browser, String(events[0]?.link), { width, dark, expected });
  await isReady(page);
  await page.goto(`${server.url}#/admin/version`);
  await page.locator("[data-behind=false]").waitFor();
  await fitsWidth(page);
  expect(await barriers(page)).toEqual([]);
  const pids = { ...server.pids };

  const id = copy.rebuild();
  const told = page.locator("[data-behind=true]");
  await told.waitFor();
  expect(await told.innerText()).toMatch(new RegExp(`build ${id}`, "i"));
  await fitsWidth(page);
  expect(await barriers(page)).toEqual([]);
  const { events: checked } = await server.run("doctor");
  expect(checked.find((event) => event.type === "check" && event.id === "build")).toMatchObject({
    verdict: "warn",
    code: "VERSION_BEHIND",
  });

  await page.getByRole("button", { name: "Restart the assistant" }).click();
  await page.getByText("The assistant was restarted.").waitFor();
  await page.locator("[data-behind=false]").waitFor();
  expect(await page.getByText(id).first().isVisible()).toBe(true);
  await expect.poll(() => server.pids.workerd).not.toBe(pids.workerd);
  expect(server.pids.supervisor).toBe(pids.supervisor);
  expect(faults).toEqual([]);
  await context.close();
});

it("moltworker restart does the same, and a message written a moment before is still there", async () => {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  await client.request("chat.send", { sessionKey: "main", message: "just before", idempotencyKey: "before-restart" });
  const old = await client.request("version.status", {});
  client.close();
  const id = copy.rebuild();
  const { code, events } = await server.run("restart");
  expect(code).toBe(0);
  expect(events[0]).toMatchObject({ type: "restarted", url: server.url });
  const next = await connectClient(server.url, { dataDir: server.dataDir });
  const now = await next.request("version.status", {});
  expect(now.running.id).toBe(id);
  expect(now.bootId).not.toBe(old.bootId);
  expect(JSON.stringify((await next.request("chat.history", { sessionKey: "main" })).messages)).toContain("just before");
  expect(await next.request("update.status", {})).toEqual({ sentinel: null, updateAvailable: null });
  next.close();
});

it("nothing that runs is no fault of the command", async () => {
  const other = await startServer({ command: copy.command });
  await other.stop();
  const { code, stderr, stdout } = await other.run("restart");
  expect(code).toBe(88);
  expect(`${stdout}${stderr}`).toContain("NOT_RUNNING");
  await other.dispose();
});
