/** What the rows of the security record are shown with: a server, a browser, the owner's socket, and ways to knock. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { securityRows } from "../e2e/security-rows.ts";
import { startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { launchBrowser } from "./browser.ts";
import { gatewayTokenOf } from "./client.ts";
import type { TestDevice } from "./device.ts";
import { type Frame, openRaw, openReady, type RawSocket, request } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { ownerId } from "./telegram.ts";

interface World {
  server: Server;
  browser: Browser;
  owner: RawSocket;
}

/** Filled before the first row of a file. */
export const world = {} as World;

/** Starts them for the file that calls it. */
export function useSecurityWorld(): void {
  beforeAll(async () => {
    [world.server, world.browser] = await Promise.all([startServer(), launchBrowser()]);
    world.owner = await openReady(world.server.url, world.server.dataDir);
  });
  afterAll(async () => {
    await world.browser?.close();
    await world.server?.dispose();
  });
}

/** One row of the record that says it is tested here. */
export function row(id: string, prove: () => Promise<void>): void {
  const found = securityRows.find((one) => one.id === id && one.here);
  if (!found) throw new Error(`no row ${id} says that it is tested here`);
  test(`${id}: ${found.rule}`, prove, 120_000);
}

const at = (path: string, own = world.server) => new URL(path, own.url);
export const ask = (path: string, init: RequestInit = {}, own = world.server) =>
  fetch(at(path, own), { redirect: "manual", ...init });
let calls = 0;
export async function call(method: string, params: Record<string, unknown> = {}, socket = world.owner): Promise<Frame> {
  const id = `call-${++calls}`;
  socket.send(request(id, method, params));
  return socket.frame((frame) => frame.id === id);
}
export const payloadOf = <Payload>(frame: Frame) => frame.payload as Payload;
export async function apiToken(scopes: string[]): Promise<string> {
  return payloadOf<{ token: string }>(await call("auth.tokens.create", { label: "row", scopes })).token;
}
export async function sessionCookie(own = world.server): Promise<string> {
  const signed = await ask("/api/auth/token", json({ token: gatewayTokenOf(own.dataDir) }), own);
  return signed.headers.get("set-cookie")?.split(";")[0] as string;
}
export function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
export async function knock(device: TestDevice, over: { deviceToken?: string; scopes?: string[] } = {}) {
  const socket = await openRaw(world.server.url);
  const { nonce, ts } = (await socket.frame((frame) => frame.event === "connect.challenge")).payload as {
    nonce: string;
    ts: number;
  };
  const auth = over.deviceToken ? { auth: { deviceToken: over.deviceToken } } : {};
  const scopes = over.scopes ?? ["operator.read", "operator.write"];
  socket.send(request("hello", "connect", await device.connect({ nonce, signedAt: ts, scopes, ...auth })));
  return { socket, answer: await socket.frame((frame) => frame.id === "hello") };
}
export const link = async (own = world.server) => (await own.run("link")).events[0]?.link as string;

/** The pairing request that a refusal names. */
export const requestOf = (answer: Frame) => String((answer.error?.details as Record<string, unknown> | undefined)?.requestId);

export const client = () => ({ id: "cli", version: "1", platform: "linux", mode: "cli" });

/** A world.server with two bots, each by webhook; gives the secret that each was registered with. */
export async function withBots(
  work: (bots: { own: Server; socket: RawSocket; secrets: Record<"default" | "second", string> }) => Promise<void>,
) {
  const [first, second] = [await startFakeTelegram(), await startFakeTelegram({ token: `7000000002:${"B".repeat(35)}` })];
  const own = await startServer({
    env: { TELEGRAM_BOT_TOKEN: testToken, TELEGRAM_DM_ALLOW_FROM: String(ownerId), TELEGRAM_API_BASE_URL: first.url },
  });
  try {
    const socket = await openReady(own.url, own.dataDir);
    const accounts = {
      telegram: {
        default: { mode: "webhook" },
        second: { mode: "webhook", owners: [String(ownerId)], options: { apiBaseUrl: second.url } },
      },
    };
    const raw = JSON.stringify({ channels: { publicUrl: "https://molt.example", accounts } });
    expect((await call("config.patch", { raw }, socket)).error).toBeUndefined();
    const connected = await call(
      "channels.connect",
      { channel: "telegram", accountId: "second", secrets: { token: second.token } },
      socket,
    );
    expect(connected.error).toBeUndefined();
    await Promise.all([first, second].map((bot) => bot.waitFor(({ method }) => method === "setWebhook")));
    const secrets = { default: first.webhook.secret, second: second.webhook.secret };
    await work({ own, socket, secrets });
  } finally {
    await own.dispose();
    await Promise.all([first.close(), second.close()]);
  }
}
export const heard = async (socket: RawSocket) =>
  payloadOf<{ messages: { accountId: string; preview: string }[] }>(await call("channels.messages.list", {}, socket)).messages;
