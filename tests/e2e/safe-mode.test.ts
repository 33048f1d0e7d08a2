/**
 * A part of the built product that throws while it is put together: it is left out and named, wherever somebody looks for it,
 * and everything else works as if it had never been there.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { connectClient, gatewayTokenOf, type RecordingClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { openDatabaseFile } from "../support/snapshot-host.ts";
import { isReady, reads, say } from "../support/ui.ts";

const keys = { R2_ACCESS_KEY_ID: "r2-key", R2_SECRET_ACCESS_KEY: "r2-secret" };
const pictures = process.env.UI_PICTURES;
let browser: Browser;
let server: Server;
let client: RecordingClient;

/** The snapshots take their bucket's keys over while they are built; the database refuses that one row. */
async function plant(sql: string): Promise<void> {
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  db.exec(sql);
  db.close();
  await server.restart(keys);
}

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  await plant(
    "CREATE TRIGGER planted BEFORE INSERT ON secrets WHEN NEW.name LIKE '%s3%' BEGIN SELECT RAISE(ABORT, 'a planted fault'); END",
  );
  client = await connectClient(server.url, { dataDir: server.dataDir });
});
afterAll(async () => {
  client?.close();
  await browser?.close();
  await server?.dispose();
});

const ask = (path: string, method = "GET") =>
  fetch(new URL(path, server.url), { method, headers: { authorization: `Bearer ${gatewayTokenOf(server.dataDir)}` } });

describe("snapshots that could not start", () => {
  it("are named, with the cause, by the doctor", async () => {
    const { checks } = await client.request("doctor.run", {}, { timeoutMs: 60_000 });
    const named = checks.find(({ id }) => id === "parts");
    expect(JSON.stringify(named)).toMatch(/snapshots/);
    expect(JSON.stringify(named)).toMatch(/a planted fault/);
    expect(named?.verdict).toBe("fail");
  });

  it("answer 503 with their name, where anything of theirs is asked for", async () => {
    for (const [path, method] of [
      ["/api/admin/storage", "GET"],
      ["/api/admin/storage/sync", "POST"],
      ["/api/snapshots/snap_1.tar", "GET"],
    ] as const) {
      const answer = await ask(path, method);
      expect([answer.status, await answer.text()], path).toEqual([503, expect.stringContaining("snapshots could not start")]);
    }
    const listed = await server.run("snapshots", "list");
    expect(listed.events.at(-1)).toMatchObject({
      type: "error",
      error: { message: expect.stringContaining("snapshots could not start"), details: { code: "UNAVAILABLE" } },
    });
    await expect(client.request("snapshots.list", {})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("snapshots could not start"),
    });
  });

  it("are in nobody's way: ready, a conversation, settings, an export", async () => {
    expect((await ask("/readyz")).status).toBe(200);
    await client.request("config.patch", { raw: JSON.stringify({ agent: { name: "Afloat" } }) });
    expect((await ask("/api/export")).status).toBe(200);
    const { events } = await server.run("link");
    const { page, context } = await openSurface(browser, String(events.at(-1)?.link), { expected: /503|snapshots/ });
    await isReady(page);
    await say(page, "hello");
    await reads(page, /\S/);
    await page.goto(`${server.url}#/admin/health`);
    await page
      .getByText(/a planted fault/)
      .first()
      .waitFor({ timeout: 60_000 });
    if (pictures) await page.screenshot({ path: `${pictures}/safe-mode.png`, fullPage: true });
    await context.close();
  });

  it("are there again once the fault is gone", async () => {
    client.close();
    await plant("DROP TRIGGER planted");
    client = await connectClient(server.url, { dataDir: server.dataDir });
    expect((await ask("/api/admin/storage")).status).toBe(200);
    const { checks } = await client.request("doctor.run", {}, { timeoutMs: 60_000 });
    expect(checks.find(({ id }) => id === "parts")?.verdict).toBe("ok");
  });
});
