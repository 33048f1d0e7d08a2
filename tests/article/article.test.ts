/** The article's symptoms and fixes as stories against the running product, in Chromium and by raw sockets. */

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startFakeProvider } from "../fakes/provider.ts";
import { startFakeTelegram } from "../fakes/telegram.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { copyBuild } from "../support/build-copy.ts";
import { connectClient } from "../support/client.ts";
import { createRandom } from "../support/random.ts";
import { connectFrame, openRaw } from "../support/raw-socket.ts";
import { isRunning, type Server, startServer } from "../support/server.ts";
import { isReady, reads, say } from "../support/ui.ts";
import { type ArticleRow, type ArticleRowId, articleRows } from "./rows.ts";

let browser: Browser;
const cleanUps: (() => unknown)[] = [];
const shown = new Map<ArticleRowId, "shown" | "FAILED">();

beforeAll(async () => {
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(async () => {
  await browser?.close();
  const lines = articleRows.map((row: ArticleRow) => {
    const state = row.waitsFor ? `not yet: waits for ${row.waitsFor}` : (shown.get(row.id as ArticleRowId) ?? "NOT RUN");
    return `${state.padEnd(10)} ${row.says}\n${" ".repeat(11)}→ ${row.instead}`;
  });
  console.log(`The article, row by row:\n${lines.join("\n")}`);
});

function story(id: ArticleRowId, name: string, tell: () => Promise<void>): void {
  test(`${id}: ${name}`, async () => {
    if (shown.get(id) !== "FAILED") shown.set(id, "FAILED");
    await tell();
    shown.set(id, "shown");
  });
}

async function served(env: Record<string, string> = {}, dataDir?: string): Promise<Server> {
  const server = await startServer({ env, ...(dataDir ? { dataDir } : {}) });
  cleanUps.push(() => server.dispose());
  return server;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "moltworker-article-"));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The object's database files, while no server runs. */
function databasesOf(dataDir: string): string[] {
  const root = join(dataDir, "do");
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sqlite") && !name.includes("metadata"))
    .map((name) => join(root, name));
}

/** A bucket as moltworker left it, copied into a folder. */
function bucketOf(files: Record<string, string>): string {
  const path = folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** How a `connect` with this token ends. */
async function connectWith(url: string, token: string | undefined, headers: Record<string, string> = {}) {
  const socket = await openRaw(url, { headers });
  cleanUps.push(() => socket.close());
  socket.send(connectFrame(token));
  const frame = await socket.frame((candidate) => candidate.id === "hello");
  return {
    ok: frame.ok === true,
    code: frame.error?.details.code,
    hint: frame.error?.details.hint ?? "",
    message: frame.error?.message ?? "",
  };
}

describe("the symptoms", () => {
  story("loading-page", "a damaged database ends the start with cause and cure; nothing waits", async () => {
    const dataDir = folder();
    const server = await served({}, dataDir);
    await server.stop();
    for (const file of databasesOf(dataDir)) {
      writeFileSync(file, "this is no database");
      // Its journal alone would bring all of it back.
      rmSync(`${file}-wal`, { force: true });
    }
    const failed = await server.run("start", "--port", "0", "--no-open");
    expect(failed.code).toBe(80);
    const error = failed.events.find((event) => event.type === "error");
    expect(JSON.stringify(error)).toContain("STORAGE_CORRUPT");
    expect(JSON.stringify(error)).toMatch(/hint|cure/);
  });

  story(
    "telegram-error",
    "a token that Telegram refuses stops Telegram alone, is named, and a valid one works at once",
    async () => {
      const telegram = await startFakeTelegram();
      cleanUps.push(() => telegram.close());
      const server = await served({
        TELEGRAM_BOT_TOKEN: "1234567:refusedrefusedrefusedrefusedrefused",
        TELEGRAM_API_BASE_URL: telegram.url,
      });
      const client = await connectClient(server.url, { dataDir: server.dataDir });
      cleanUps.push(() => client.close());
      const of = async () => (await client.request("channels.status", { probe: true })).channelAccounts.telegram?.[0];
      expect(await of()).toMatchObject({ state: "failed", error: { details: { code: "CHANNEL_TOKEN_REJECTED" } } });
      expect((await of())?.error?.details.hint).toContain("Settings, Channels");
      // The rest of the assistant does not notice.
      const sent = await client.request("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "beside-telegram" });
      await client.event((frame) => {
        const text = JSON.stringify(frame.payload);
        return frame.event === "chat" && text.includes(sent.runId) && text.includes('"state":"final"');
      });
      const doctor = await server.run("doctor");
      expect(doctor.stdout).toContain("CHANNEL_TOKEN_REJECTED");
      // Typed anew, nothing restarts; one that Telegram refuses as well changes nothing.
      await expect(
        client.request("channels.connect", { channel: "telegram", secrets: { token: "1234567:alsowrongalsowrongalsowrong" } }),
      ).rejects.toMatchObject({
        code: "CHANNEL_TOKEN_REJECTED",
      });
      await client.request("channels.connect", { channel: "telegram", secrets: { token: telegram.token } });
      expect(await of()).toMatchObject({ state: "ready", error: null, handle: "@molt_test_bot" });
      expect(JSON.stringify(server.events)).not.toContain("refusedrefused");
    },
  );

  story("exit-code-1", "an invalid stored setting is named by its path, and the assistant answers", async () => {
    const dataDir = folder();
    const first = await served({}, dataDir);
    const before = await connectClient(first.url, { dataDir });
    await before.request("config.patch", { raw: '{"agent":{"name":"Kept"}}' });
    before.close();
    await first.stop();
    for (const file of databasesOf(dataDir)) {
      const database = new DatabaseSync(file);
      database.prepare("UPDATE config SET value = ? WHERE section = 'agent'").run('{"name":"Kept","maxSteps":"many"}');
      database.close();
    }
    await first.restart();
    const client = await connectClient(first.url, { dataDir });
    cleanUps.push(() => client.close());
    const config = await client.request("config.get", {});
    expect(config.valid).toBe(false);
    expect(config.issues[0]).toMatchObject({ path: "agent.maxSteps" });
    expect(config.issues[0]?.message).toMatch(/number/i);
    const sent = await client.request("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "still-here" });
    await client.event(
      (frame) =>
        frame.event === "chat" &&
        JSON.stringify(frame.payload).includes(sent.runId) &&
        "state" in frame.payload &&
        frame.payload.state === "final",
    );
  });

  story("token-in-address", "?token= signs in on any page and vanishes, odd characters and all", async () => {
    const token = "p+a/s=s&w#o rd%25é";
    const server = await served({ MOLTBOT_GATEWAY_TOKEN: token });
    const { page, context } = await openSurface(browser, `${server.url}?token=${encodeURIComponent(token)}#/settings/models`);
    cleanUps.push(() => context.close());
    await page.getByText(/^Connected/).waitFor({ state: "attached" });
    expect(page.url()).not.toContain("token");
    expect(page.url()).toContain("/settings/models");
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain("p+a");
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });
});

describe("fix 1: the token", () => {
  story("token-shape", "any 1 to 512 bytes work as they are", async () => {
    const random = createRandom(1008);
    const alphabet = [..."abcXYZ019 '\"`$\\+/=#&%?;:,.<>{}[]()|~^!@*-_éßñ漢字😀"];
    for (let round = 0; round < 6; round += 1) {
      let token = "";
      const bytes = [1, 512, 40, 64, 8, 200][round] ?? 16;
      while (Buffer.byteLength(token.trim()) < bytes) {
        const next = token + random.pick(alphabet);
        token = Buffer.byteLength(next) > bytes ? `${token}x` : next;
      }
      const server = await served({ MOLTBOT_GATEWAY_TOKEN: token });
      expect(await connectWith(server.url, token.trim()), token).toMatchObject({ ok: true });
      expect(await connectWith(server.url, `${token.trim()}x`)).toMatchObject({ ok: false, code: "AUTH_TOKEN_MISMATCH" });
      await server.dispose();
    }
  });

  story("token-rotation", "the new one is in force at once and the old one is dead", async () => {
    const server = await served({ MOLTBOT_GATEWAY_TOKEN: "the-first-token" });
    const pids = { ...server.pids };
    const client = await connectClient(server.url, { token: "the-first-token" });
    cleanUps.push(() => client.close());
    const onlooker = await connectClient(server.url, { token: "the-first-token" });
    cleanUps.push(() => onlooker.close());
    await client.request("auth.gatewayToken.rotate", { token: "the-second-token" });
    expect(await connectWith(server.url, "the-first-token")).toMatchObject({ ok: false, code: "AUTH_TOKEN_MISMATCH" });
    expect(await connectWith(server.url, "the-second-token")).toMatchObject({ ok: true });
    expect(await onlooker.reaches("refused", 5_000)).toMatchObject({ error: { retryable: false } });
    expect(server.pids).toEqual(pids);
    expect(server.events.filter((event) => event.type === "restarting")).toEqual([]);
  });
});

describe("fix 2: delete the container", () => {
  story("delete-container", "a changed key is used by the next call; nothing written is lost", async () => {
    const provider = await startFakeProvider({ apiKey: "key-one" });
    cleanUps.push(() => provider.close());
    const server = await served({
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "key-one",
      MOLTWORKER_MODEL: "openai-compatible/fake-large",
    });
    const client = await connectClient(server.url, { dataDir: server.dataDir });
    cleanUps.push(() => client.close());
    const turn = async (text: string) => {
      const { runId } = await client.request("chat.send", {
        sessionKey: "main",
        message: text,
        idempotencyKey: crypto.randomUUID(),
      });
      const end = await client.event(
        (frame) =>
          frame.event === "chat" &&
          "state" in frame.payload &&
          "runId" in frame.payload &&
          frame.payload.runId === runId &&
          ["final", "error"].includes(String(frame.payload.state)),
      );
      return (end.payload as { state: string }).state;
    };
    expect(await turn("before the change")).toBe("final");
    provider.expectKey("key-two");
    await client.request("models.authSetApiKey", { provider: "openai-compatible", apiKey: "key-two" });
    expect(await turn("after the change")).toBe("final");
    const { messages } = await client.request("chat.history", { sessionKey: "main" });
    expect(JSON.stringify(messages)).toContain("before the change");
    expect(server.events.filter((event) => event.type === "restarting")).toEqual([]);
  });

  story("build-cache", "a build that did not reach what runs is named in the admin, and one press starts it", async () => {
    const copy = copyBuild();
    cleanUps.push(() => copy.dispose());
    const server = await startServer({ command: copy.command });
    cleanUps.push(() => server.dispose());
    const id = copy.rebuild();
    const { page, context } = await openSurface(browser, server.link);
    cleanUps.push(() => context.close());
    await isReady(page);
    await say(page, "written before the restart");
    await reads(page, /script, not an AI/);
    await page.goto(`${server.url}_admin/`);
    await page.getByRole("link", { name: "Version" }).click();
    await page.getByText(new RegExp(`build ${id} lies on disk`, "i")).waitFor();
    await page.getByRole("button", { name: "Restart the assistant" }).click();
    await page.getByText("nothing newer waits").waitFor();
    expect(await page.getByText(id).count()).toBeGreaterThan(0);
    await page.goto(server.url);
    await page.getByText("written before the restart").first().waitFor();
  });

  story("stale-process", "a hung process of an earlier start is ended, and cannot answer", async () => {
    const dataDir = folder();
    const old = await startServer({ dataDir });
    process.kill(old.pids.workerd, "SIGSTOP");
    process.kill(old.pids.supervisor, "SIGKILL");
    const fresh = await startServer({ dataDir, port: old.port });
    cleanUps.push(() => fresh.dispose());
    expect(fresh.pids.workerd).not.toBe(old.pids.workerd);
    expect(fresh.startMs).toBeLessThan(10_000);
    const token = readFileSync(join(dataDir, "gateway-token"), "utf8").trim();
    expect(await connectWith(fresh.url, token)).toMatchObject({ ok: true });
    expect(isRunning(old.pids.workerd)).toBe(false);
  });
});

describe("fix 3: Gateway Access", () => {
  story("gateway-access", "a new tab is connected with no panel; a wrong kind of secret is named", async () => {
    const server = await served();
    const { page, context, tab } = await openSurface(browser, server.link);
    cleanUps.push(() => context.close());
    await isReady(page);
    const second = await tab(server.url);
    await isReady(second);
    await say(second, "hello");
    await reads(second, /script, not an AI/);
    const telegram = await connectWith(server.url, `123456789:${"A".repeat(35)}`);
    expect(telegram).toMatchObject({ ok: false, code: "AUTH_TOKEN_MISMATCH" });
    expect(`${telegram.message} ${telegram.hint}`).toContain("Telegram");
    const cloudflare = await connectWith(server.url, "q".repeat(40));
    expect(`${cloudflare.message} ${cloudflare.hint}`).toContain("AI Gateway");
  });
});

describe("the commit that injects the token", () => {
  story("token-injection", "the session alone opens the socket; forged identity is nobody", async () => {
    const server = await served();
    const { page, context } = await openSurface(browser, server.link);
    cleanUps.push(() => context.close());
    await isReady(page);
    const frames = await page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const seen: string[] = [];
          const socket = new WebSocket(`ws://${location.host}/ws`);
          socket.onmessage = (event) => {
            seen.push(String(event.data));
            if (seen.length === 1)
              socket.send(
                JSON.stringify({
                  type: "req",
                  id: "c",
                  method: "connect",
                  params: {
                    minProtocol: 4,
                    maxProtocol: 4,
                    client: { id: "webchat-ui", version: "1", platform: "web", mode: "webchat" },
                  },
                }),
              );
            else resolve(seen);
          };
        }),
    );
    expect(frames[1]).toContain("hello-ok");
    const forged = {
      "cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im93bmVyQGV4YW1wbGUuY29tIn0.",
      "cf-access-authenticated-user-email": "owner@example.com",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-user": "owner",
    };
    expect(await connectWith(server.url, undefined, forged)).toMatchObject({ ok: false });
    const answer = await fetch(new URL("/api/host/status", server.url), { headers: forged });
    expect(answer.status).toBe(401);
  });

  story("config-line", "an import drops the key that stopped the old gateway and says so; the assistant starts", async () => {
    const telegram = { enabled: true, dm: { policy: "open" }, dmPolicy: "pairing" };
    const source = bucketOf({ "openclaw/openclaw.json": JSON.stringify({ channels: { telegram } }) });
    const server = await served();
    const { code, events } = await server.run("import", source, "--yes");
    expect(code).toBe(0);
    const line = events.find((event) => event.name === "channels.telegram.default.dm");
    expect(line).toMatchObject({ verdict: "dropped", why: expect.stringMatching(/\w/) });
    await server.stop();
    await server.restart();
    expect((await fetch(new URL("/readyz", server.url))).status).toBe(200);
  });

  story("poisoned-backup", "a backup that is no JSON is set aside, the last good one is taken, pairings stay", async () => {
    const key = Buffer.alloc(32, 7);
    const deviceId = createHash("sha256").update(key).digest("hex");
    const device = {
      deviceId,
      publicKey: key.toString("base64url"),
      displayName: "Phone",
      role: "operator",
      scopes: ["operator.read"],
    };
    const source = bucketOf({
      "openclaw/openclaw.json": '{"agents": {',
      "clawdbot/clawdbot.json": JSON.stringify({ agents: { list: [{ id: "main", identity: { name: "Ada" } }] } }),
      "clawdbot/devices/paired.json": JSON.stringify({ [deviceId]: device }),
    });
    const server = await served();
    const { code, events } = await server.run("import", source, "--yes");
    expect(code).toBe(0);
    expect(events.find((event) => event.name === "openclaw/openclaw.json")).toMatchObject({ verdict: "aside" });
    const client = await connectClient(server.url, { dataDir: server.dataDir });
    cleanUps.push(() => client.close());
    const { paired } = await client.request("device.pair.list", {});
    expect(paired.map(({ displayName }) => displayName)).toContain("Phone");
    expect((await client.request("config.get", {})).config).toMatchObject({ agent: { name: "Ada" } });
  });
});
