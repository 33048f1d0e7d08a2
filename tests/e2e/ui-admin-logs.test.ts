/** Admin, Logs: live, filtered, paused, copied, free of secrets, with what the supervisor saw; the same lines for stock clients. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { connectClient } from "../support/client.ts";
import { connectFrame, openRaw } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

/** No shape gives it away: it is known because the assistant holds it. */
const canary = "canary of the coal mine 4711";
let browser: Browser;
let provider: FakeProvider;
let server: Server;
beforeAll(async () => {
  browser = await launchBrowser();
  provider = await startFakeProvider({ apiKey: "another" });
  server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: canary,
      MOLTWORKER_MODEL: "openai-compatible/fake-large",
    },
  });
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
  await provider.close();
});

async function opened(options: { width?: number; dark?: boolean } = {}): Promise<Surface> {
  const { events } = await server.run("link");
  const surface = await openSurface(browser, String(events[0]?.link), options);
  await isReady(surface.page);
  await surface.page.goto(`${server.url}#/admin/logs`);
  await lines(surface.page).first().waitFor();
  return surface;
}

const lines = (page: Page) => page.getByRole("list", { name: "Lines" }).getByRole("listitem");
const lineOf = (page: Page, event: string) => page.locator(`[data-event="${event}"]`);

/** Somebody with a wrong token: the assistant logs a refusal. */
async function knock(token: string): Promise<void> {
  const socket = await openRaw(server.url);
  socket.send(connectFrame(token));
  await socket.closed;
}

it.each([
  [360, true],
  [1280, false],
])("can be read by everybody at %i px, dark %s", async (width, dark) => {
  const surface = await opened({ width, dark });
  await fitsWidth(surface.page);
  expect(await barriers(surface.page)).toEqual([]);
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("lines appear as they are said; filters, pause, and copy do what they say", async () => {
  const surface = await opened();
  const { page } = surface;
  await lineOf(page, "server.ready").waitFor();
  const before = await lineOf(page, "auth.refused").count();
  await knock("wrong-token-one");
  await expect.poll(() => lineOf(page, "auth.refused").count()).toBe(before + 1);

  await page.getByLabel("Level").selectOption("warnings and errors");
  await lineOf(page, "server.ready").waitFor({ state: "detached" });
  await page.getByLabel("Level").selectOption("all");
  await page.getByLabel("Event begins with").fill("server.");
  await lineOf(page, "auth.refused").first().waitFor({ state: "detached" });
  await lineOf(page, "server.ready").waitFor();
  await page.getByLabel("Event begins with").fill("");
  await page.getByLabel("Words").fill("no line holds these words");
  await page.getByText("No line fits.").waitFor();
  await page.getByLabel("Words").fill("auth_token_mismatch");
  await lineOf(page, "auth.refused").first().waitFor();

  await page.getByRole("button", { name: "Pause" }).click();
  const shown = await lines(page).count();
  await knock("wrong-token-two");
  await page.getByText("Paused. 1 new line.").waitFor();
  expect(await lines(page).count()).toBe(shown);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(() => lines(page).count()).toBe(shown + 1);

  await page.getByRole("button", { name: "Copy" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.split("\n")).toHaveLength(shown + 1);
  expect(copied).toContain("AUTH_TOKEN_MISMATCH");
  expect(surface.faults).toEqual([]);
  await surface.context.close();
});

it("a crash of the server is in the log of the next life, and no secret is anywhere", async () => {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const failed = client.event((frame) => frame.event === "chat" && "state" in frame.payload && frame.payload.state === "error");
  await client.request("chat.send", { sessionKey: "main", message: `say ${"hello"}`, idempotencyKey: "canary-run" });
  await failed;
  await knock(`${canary} and more`);
  client.close();
  process.kill(server.pids.workerd, "SIGKILL");
  await server.event((event) => event.type === "restarted");
  const next = await connectClient(server.url, { dataDir: server.dataDir });
  await expect
    .poll(async () => (await next.request("logs.list", { event: "server.restart" })).rows.map((row) => row.event))
    .toContain("server.restarted");
  const { rows } = await next.request("logs.list", { event: "server.restarting" });
  expect(rows[0]?.message).toMatch(/the server ended/);

  const tail = await next.request("logs.tail", { limit: 500 });
  expect(tail.lines.length).toBeGreaterThan(3);
  expect(await next.request("logs.tail", { cursor: tail.cursor })).toMatchObject({ lines: [], reset: false, truncated: false });
  const all = await next.request("logs.list", { limit: 1_000 });
  const folder = join(server.dataDir, "logs");
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const everything = JSON.stringify([tail, all, files, server.events.filter((event) => event.type === "log")]);
  expect(everything).not.toContain("canary of the coal");
  expect(everything).toContain("model.try_failed");
  next.close();
});

it("only whoever may administer reads it, and nobody but the host adds to it", async () => {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const { token } = await client.request("auth.tokens.create", { label: "reader", scopes: ["operator.read"] });
  const reader = await connectClient(server.url, { token });
  await expect(reader.request("logs.list", {})).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(reader.request("logs.subscribe", { on: true })).rejects.toMatchObject({ code: "FORBIDDEN" });
  const answer = await fetch(`${server.url}api/host/report`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${readFileSync(join(server.dataDir, "gateway-token"), "utf8").trim()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ lines: [] }),
  });
  expect(answer.status).toBe(403);
  reader.close();
  client.close();
});
