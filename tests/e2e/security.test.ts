/** The rows of `security-rows.ts` that can be shown on the running server, each by its id. */

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { gatewayTokenOf } from "../support/client.ts";
import { createTestDevice, type TestDevice } from "../support/device.ts";
import { connectFrame, type Frame, openRaw, openReady, type RawSocket, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { messageUpdate, ownerId } from "../support/telegram.ts";
import { isReady } from "../support/ui.ts";
import { securityRows } from "./security-rows.ts";

let server: Server;
let browser: Browser;
let owner: RawSocket;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  owner = await openReady(server.url, server.dataDir);
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
});

const covered: string[] = [];
function row(id: string, prove: () => Promise<void>): void {
  const found = securityRows.find((one) => one.id === id && one.here);
  if (!found) throw new Error(`no row ${id} says that it is tested here`);
  covered.push(id);
  test(`${id}: ${found.rule}`, prove, 120_000);
}

const at = (path: string, own = server) => new URL(path, own.url);
const ask = (path: string, init: RequestInit = {}, own = server) => fetch(at(path, own), { redirect: "manual", ...init });
let calls = 0;
async function call(method: string, params: Record<string, unknown> = {}, socket = owner): Promise<Frame> {
  const id = `call-${++calls}`;
  socket.send(request(id, method, params));
  return socket.frame((frame) => frame.id === id);
}
const payloadOf = <Payload>(frame: Frame) => frame.payload as Payload;
async function apiToken(scopes: string[]): Promise<string> {
  return payloadOf<{ token: string }>(await call("auth.tokens.create", { label: "row", scopes })).token;
}
async function sessionCookie(own = server): Promise<string> {
  const signed = await ask("/api/auth/token", json({ token: gatewayTokenOf(own.dataDir) }), own);
  return signed.headers.get("set-cookie")?.split(";")[0] as string;
}
function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
async function knock(device: TestDevice, over: { deviceToken?: string; scopes?: string[] } = {}) {
  const socket = await openRaw(server.url);
  const { nonce, ts } = (await socket.frame((frame) => frame.event === "connect.challenge")).payload as {
    nonce: string;
    ts: number;
  };
  const auth = over.deviceToken ? { auth: { deviceToken: over.deviceToken } } : {};
  const scopes = over.scopes ?? ["operator.read", "operator.write"];
  socket.send(request("hello", "connect", await device.connect({ nonce, signedAt: ts, scopes, ...auth })));
  return { socket, answer: await socket.frame((frame) => frame.id === "hello") };
}
const link = async (own = server) => (await own.run("link")).events[0]?.link as string;

row("hostile-query", async () => {
  const hostile = "?gatewayUrl=wss://evil.example/ws&gateway=wss://evil.example&url=ws://evil.example&session=main&autoconnect=1";
  const { hash } = new URL(await link());
  const { page, faults, context } = await openSurface(browser, server.url, { expected: /status of 401|WebSocket|closed before/ });
  await page.getByRole("heading", { name: "You are signed out here" }).waitFor();
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).host));
  await page.goto(`${server.url}${hostile}${hash}`);
  await isReady(page);
  expect(new Set(sockets)).toEqual(new Set([new URL(server.url).host]));
  expect(faults).toEqual([]);
  await context.close();
});

row("cross-site", async () => {
  // Another port of the same host: a page there shares cookies with us, and is still another site's.
  const hits: string[] = [];
  const foreign = createServer((incoming, response) => {
    hits.push(incoming.url ?? "");
    response.setHeader("content-type", "text/html").end("<!doctype html><title>elsewhere</title><p>elsewhere</p>");
  });
  await new Promise<void>((resolve) => foreign.listen(0, "127.0.0.1", resolve));
  const port = (foreign.address() as { port: number }).port;
  const { page, context } = await openSurface(browser, await link(), { expected: /./ });
  await isReady(page);
  const elsewhere = await context.newPage();
  await elsewhere.goto(`http://127.0.0.1:${port}/`);
  const seen = await elsewhere.evaluate(async (target) => {
    const socket = (url: string) =>
      new Promise<string>((resolve) => {
        const opened = new WebSocket(url);
        opened.onmessage = ({ data }) => resolve(String(data));
        opened.onerror = () => resolve("error");
        opened.onclose = ({ code }) => resolve(`closed ${code}`);
      });
    const post = (path: string, init: RequestInit) =>
      fetch(new URL(path, target), { method: "POST", credentials: "include", mode: "no-cors", ...init }).then(
        (answer) => answer.type,
        () => "blocked",
      );
    return {
      socket: await socket(target.replace("http", "ws")),
      plain: await post("/api/host/drain", { body: "{}" }),
      read: await fetch(new URL("/api/host/status", target), { credentials: "include" }).then(
        (answer) => answer.text(),
        () => "blocked",
      ),
    };
  }, server.url);
  expect(seen.socket).toContain("ORIGIN_NOT_ALLOWED");
  expect(seen.read).toBe("blocked");
  // A form, which a browser sends with its cookies and without asking first.
  await elsewhere.setContent(
    `<form method="post" enctype="text/plain" action="${server.url}api/host/drain"><input name='{"a":"' value='"}'></form>`,
  );
  const [answer] = await Promise.all([
    elsewhere.waitForResponse((response) => response.url().endsWith("/api/host/drain")),
    elsewhere.evaluate(() => document.forms[0]?.submit()),
  ]);
  expect(answer.status()).toBe(403);
  // Nothing was drained: the owner's page still talks.
  expect((await call("health")).ok).toBe(true);
  expect(hits.length).toBeGreaterThan(0);
  await context.close();
  foreign.close();
});

row("proxy-trust", async () => {
  const forged: Record<string, string>[] = [
    { "x-forwarded-for": "127.0.0.1" },
    { "x-real-ip": "127.0.0.1", forwarded: "for=127.0.0.1;host=localhost" },
    { "cf-connecting-ip": "127.0.0.1", "true-client-ip": "127.0.0.1" },
    { "cf-access-authenticated-user-email": "owner@example.com" },
    { "cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im93bmVyQGV4YW1wbGUuY29tIn0." },
    { "tailscale-user-login": "owner@example.com", "x-webauth-user": "owner", "remote-user": "owner" },
    { "x-forwarded-host": "localhost", "x-forwarded-proto": "https", "x-original-url": "/api/auth/me" },
  ];
  for (const headers of forged) {
    const answer = await ask("/api/host/status", { headers });
    expect([headers, answer.status]).toEqual([headers, 401]);
    const socket = await openRaw(server.url, { headers });
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client() }));
    expect((await socket.frame((frame) => frame.id === "hello")).ok).toBe(false);
    socket.close();
  }
});

/** The pairing request that a refusal names. */
const requestOf = (answer: Frame) => String((answer.error?.details as Record<string, unknown> | undefined)?.requestId);

const client = () => ({ id: "cli", version: "1", platform: "linux", mode: "cli" });

row("own-scopes", async () => {
  const token = await apiToken(["operator.read"]);
  const socket = await openRaw(server.url);
  socket.send(connectFrame(token, { scopes: ["operator.admin", "operator.write", "operator.read"] }));
  const hello = await socket.frame((frame) => frame.ok === true);
  expect((hello.payload as { auth: { scopes: string[] } }).auth.scopes).toEqual(["operator.read"]);
  for (const [method, params] of [
    ["config.patch", { raw: "{}" }],
    ["gateway.suspend", { suspended: true }],
    ["auth.tokens.create", { label: "x", scopes: ["operator.read"] }],
    ["device.pair.list", {}],
  ] as const)
    expect((await call(method, params, socket)).error?.code).toBe("FORBIDDEN");
  socket.close();
});

row("pairing", async () => {
  const device = await createTestDevice();
  const requestId = requestOf((await knock(device)).answer);
  await call("device.pair.approve", { requestId });
  const first = await knock(device);
  const { deviceToken } = payloadOf<{ auth: { deviceToken: string } }>(first.answer).auth;
  const more = await knock(device, { deviceToken, scopes: ["operator.admin"] });
  expect(more.answer.error?.details).toMatchObject({ code: "PAIRING_REQUIRED", reason: "scope-upgrade" });
  const upgrade = requestOf(more.answer);
  // A helper that may let devices in holds less than what is asked.
  const helper = await openRaw(server.url);
  helper.send(connectFrame(gatewayTokenOf(server.dataDir), { scopes: ["operator.pairing", "operator.read"] }));
  await helper.frame((frame) => frame.ok === true);
  expect((await call("device.pair.approve", { requestId: upgrade }, helper)).error?.code).toBe("FORBIDDEN");
  const begun = performance.now();
  await call("device.pair.remove", { deviceId: device.id });
  await first.socket.closed;
  const closedMs = performance.now() - begun;
  process.stdout.write(`revocation closed the device's socket after ${closedMs.toFixed(0)} ms\n`);
  expect(closedMs).toBeLessThan(1_000);
  expect((await call("device.pair.approve", { requestId: upgrade })).error?.details).toMatchObject({ code: "NOT_FOUND" });
  expect((await knock(device, { deviceToken })).answer.ok).toBe(false);
});

row("bootstrap", async () => {
  const code = new URL(await link()).hash.slice(1);
  expect((await ask("/api/auth/link", json({ code }))).status).toBe(200);
  const again = await ask("/api/auth/link", json({ code }));
  expect([again.status, ((await again.json()) as { error: { details: { code: string } } }).error.details.code]).toEqual([
    401,
    "AUTH_LINK_INVALID",
  ]);
  const token = await apiToken(["operator.admin"]);
  for (const path of ["/api/host/link", "/api/auth/passkey/register/options"])
    expect((await ask(path, json({}, { authorization: `Bearer ${token}` }))).status).toBe(403);
  expect((await ask("/api/host/link", json({}))).status).toBe(401);
});

/** A server with two bots, each by webhook; gives the secret that each was registered with. */
async function withBots(
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
const heard = async (socket: RawSocket) =>
  payloadOf<{ messages: { accountId: string; preview: string }[] }>(await call("channels.messages.list", {}, socket)).messages;

row("webhook-secret", async () => {
  await withBots(async ({ own, socket, secrets: { default: secret } }) => {
    expect(secret.length).toBeGreaterThanOrEqual(32);
    const post = (token: string | undefined, update: unknown) =>
      ask(
        "/channels/telegram/default",
        json(update, token === undefined ? {} : { "x-telegram-bot-api-secret-token": token }),
        own,
      );
    const update = { update_id: 1_001, ...messageUpdate({ text: "by webhook" }) };
    for (const wrong of [undefined, "", secret.slice(0, -1), `${secret}x`, secret.toLowerCase(), "undefined", testToken]) {
      if (wrong !== secret) expect([wrong, (await post(wrong, update)).status]).toEqual([wrong, 403]);
    }
    expect(await heard(socket)).toEqual([]);
    expect((await post(secret, update)).status).toBe(200);
    expect((await post(secret, update)).status).toBe(200);
    await expect.poll(async () => (await heard(socket)).length).toBe(1);
    expect((await post(secret, { rubbish: true })).status).toBe(400);
  });
});

row("route-binding", async () => {
  await withBots(async ({ own, socket, secrets }) => {
    expect(secrets.default).not.toBe(secrets.second);
    const post = (path: string, token: string) =>
      ask(
        path,
        json({ update_id: 1_001, ...messageUpdate({ text: "whose" }) }, { "x-telegram-bot-api-secret-token": token }),
        own,
      );
    expect((await post("/channels/telegram/default", secrets.second)).status).toBe(403);
    expect((await post("/channels/telegram/second", secrets.default)).status).toBe(403);
    for (const path of [
      "/channels/telegram",
      "/channels/telegram/",
      "/channels/telegram/third",
      "/channels/TELEGRAM/default",
      "/channels/telegram/Default",
      "/channels/slack/default",
      "/channels/telegram/default/second",
    ])
      expect([path, (await post(path, secrets.default)).status]).toEqual([path, 404]);
    expect(await heard(socket)).toEqual([]);
    expect((await post("/channels/telegram/second", secrets.second)).status).toBe(200);
    await expect.poll(async () => (await heard(socket)).map(({ accountId }) => accountId)).toEqual(["second"]);
  });
});

row("bodies", async () => {
  const { hostname, port } = new URL(server.url);
  const piece = Buffer.alloc(65_536, 0x61);
  /** Streams without end as chunks; gives the status, and how much the server took before it hung up or answered. */
  const flood = (path: string) =>
    new Promise<{ status: string; sent: number }>((resolve) => {
      const socket = connectTcp(Number(port), hostname);
      let sent = 0;
      let status = "";
      const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const end = () => {
        socket.destroy();
        resolve({ status, sent });
      };
      const pump = () => {
        while (!socket.destroyed && sent < 2 ** 30) {
          sent += piece.length;
          if (!socket.write(`${piece.length.toString(16)}\r\n${piece.toString("latin1")}\r\n`))
            return void socket.once("drain", pump);
        }
        end();
      };
      socket.on("data", (bytes: Buffer) => {
        status ||= /HTTP\/1\.1 (\d+)/.exec(bytes.toString("latin1"))?.[1] ?? "";
        end();
      });
      socket.on("error", end);
      socket.on("close", end);
      socket.write(head, pump);
    });
  const floods = await Promise.all(
    Array.from({ length: 40 }, (_, index) => flood(index % 2 ? "/api/auth/token" : "/api/auth/link")),
  );
  for (const { status, sent } of floods) {
    expect(["413", ""]).toContain(status);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  }
  expect(floods.some(({ status }) => status === "413")).toBe(true);
  expect((await ask("/health")).status).toBe(200);
  expect((await call("health")).ok).toBe(true);
});

row("paths", async () => {
  const cookie = await sessionCookie();
  const hostile = [
    "/../../../../etc/passwd",
    "/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/%2e%2e%5c%2e%2e%5cetc%5cpasswd",
    "/api/blobs/..%2f..%2fdo-storage",
    "/api/blobs/%00",
    "/api/blobs/../../gateway-token",
    "//etc/passwd",
    "/gateway-token",
    "/do-storage/",
  ];
  const { hostname, port } = new URL(server.url);
  for (const path of hostile) {
    // By hand: a URL class would tidy the path up before it is sent.
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connectTcp(Number(port), hostname, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`),
      );
      let all = "";
      socket.on("data", (bytes: Buffer) => {
        all += bytes.toString("latin1");
      });
      socket.on("close", () => resolve(all));
      socket.on("error", reject);
    });
    expect(text).not.toContain("root:");
    expect(text).not.toContain(gatewayTokenOf(server.dataDir));
  }
  for (const name of ["../../../etc/passwd", "/etc/passwd", "a/../../b", "\u0000", "..\\..\\x"]) {
    const read = await call("agents.files.get", { agentId: "main", name });
    expect(JSON.stringify(read)).not.toContain("root:");
  }
});

row("scripting", async () => {
  const corpus = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)", `"><svg onload=alert(1)>`];
  for (const text of corpus) {
    await call("config.patch", { raw: JSON.stringify({ agent: { name: text.slice(0, 40) } }) });
    await call("sessions.create", { label: text });
    await call("chat.send", { sessionKey: "agent:main:main", message: text, idempotencyKey: `xss-${text.length}-${calls}` });
  }
  const { page, faults, context } = await openSurface(browser, await link());
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await isReady(page);
  await page
    .getByText(corpus[1] as string)
    .first()
    .waitFor();
  const policy = (await ask("/")).headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/default-src 'none'/);
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  // What a stranger's script would have to pass: inline script does not run.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.__ran = true";
    document.body.append(script);
  });
  expect(await page.evaluate(() => "__ran" in window)).toBe(false);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(dialogs).toBe(0);
  expect(faults.filter((fault) => !/script-src|Content Security Policy|inline/.test(fault))).toEqual([]);
  await call("config.patch", { raw: JSON.stringify({ agent: { name: "Molt" } }) });
  await context.close();
});

row("leaks", async () => {
  const canary = `canary-${"k".repeat(30)}`;
  const answers: string[] = [];
  const keep = async (answer: Response) => answers.push(await answer.text(), JSON.stringify([...answer.headers]));
  await keep(await ask("/api/auth/token", json({ token: canary })));
  await keep(await ask("/api/auth/link", json({ code: canary })));
  await keep(await ask("/api/host/status", { headers: { authorization: `Bearer ${canary}` } }));
  await keep(await ask("/api/host/status", { headers: { cookie: `molt_session=${canary}` } }));
  await keep(await ask(`/?token=${canary}`, { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } }));
  await keep(await ask("/v1/models", { headers: { authorization: `Bearer ${canary}` } }));
  const socket = await openRaw(server.url);
  socket.send(connectFrame(canary));
  answers.push(JSON.stringify(await socket.frame((frame) => frame.type === "res")), (await socket.closed).reason);
  answers.push(
    JSON.stringify(
      await call("models.authSetApiKey", { provider: "anthropic", apiKey: `sk-ant-${canary}`, baseUrl: "http://127.0.0.1:9" }),
    ),
  );
  answers.push(JSON.stringify(await call("audit.list", { limit: 500 })), JSON.stringify(await call("config.get")));
  const doctor = await server.run("doctor", "--json");
  const logs = readdirSync(join(server.dataDir, "logs")).map((name) => readFileSync(join(server.dataDir, "logs", name), "utf8"));
  const everything = [...answers, JSON.stringify(server.events), doctor.stdout, doctor.stderr, ...logs].join("\n");
  for (const secret of [canary, gatewayTokenOf(server.dataDir)]) expect(everything.split(secret).length - 1).toBe(0);
});

row("rotation", async () => {
  const own = await startServer();
  try {
    const old = gatewayTokenOf(own.dataDir);
    const bystander = await openReady(own.url, own.dataDir);
    const asker = await openReady(own.url, own.dataDir);
    const begun = performance.now();
    asker.send(request("rotate", "auth.gatewayToken.rotate", { token: "the next token of this test" }));
    await asker.frame((frame) => frame.id === "rotate");
    const inForce = await ask("/api/host/status", { headers: { authorization: "Bearer the next token of this test" } }, own);
    const inForceMs = performance.now() - begun;
    await bystander.closed;
    const closedMs = performance.now() - begun;
    const dead = await ask("/api/host/status", { headers: { authorization: `Bearer ${old}` } }, own);
    expect([inForce.status, dead.status]).toEqual([200, 401]);
    process.stdout.write(
      `rotation: in force after ${inForceMs.toFixed(0)} ms, old sockets closed after ${closedMs.toFixed(0)} ms\n`,
    );
    expect(inForceMs).toBeLessThan(5_000);
    expect(closedMs).toBeLessThan(1_000);
  } finally {
    await own.dispose();
  }
});

row("workspace-settings", async () => {
  const own = await startServer();
  try {
    const socket = await openReady(own.url, own.dataDir);
    const before = payloadOf<object>(await call("config.get", {}, socket));
    const planted = {
      ".env": "MOLTBOT_GATEWAY_TOKEN=planted\nDEV_MODE=true\nOPENAI_API_KEY=planted\n",
      "openclaw.json": '{"gateway":{"auth":{"mode":"none"}}}',
      "moltworker.json": '{"agent":{"name":"Planted"}}',
      ".npmrc": "registry=http://127.0.0.1:9/\n",
      "wrangler.jsonc": '{"vars":{"DEV_MODE":"true"}}',
    };
    for (const [name, content] of Object.entries(planted))
      await call("agents.files.set", { agentId: "main", name, content }, socket);
    socket.close();
    await own.stop();
    await own.restart();
    const again = await openReady(own.url, own.dataDir);
    expect(payloadOf<object>(await call("config.get", {}, again))).toEqual(before);
    expect((await ask("/api/host/status", { headers: { authorization: "Bearer planted" } }, own)).status).toBe(401);
    expect((await ask("/api/host/status", {}, own)).status).toBe(401);
  } finally {
    await own.dispose();
  }
});

row("no-open-door", async () => {
  const own = await startServer({ env: { DEV_MODE: "true", E2E_TEST_MODE: "true", OPENCLAW_DEV_MODE: "true" } });
  try {
    const open = ["/health", "/healthz", "/readyz", "/sandbox-health", "/api/status", "/api/auth/me"];
    for (const path of open) expect([path, (await ask(path, {}, own)).status]).toEqual([path, 200]);
    const closed = [
      ["GET", "/api/host/status"],
      ["GET", "/api/host/gateway-token"],
      ["POST", "/api/host/link"],
      ["POST", "/api/host/drain"],
      ["POST", "/api/doctor"],
      ["POST", "/api/doctor/fix"],
      ["POST", "/api/auth/signout"],
      ["POST", "/api/auth/passkey/register/options"],
      ["GET", "/api/admin/devices"],
      ["POST", "/api/admin/devices/approve-all"],
      ["GET", "/api/admin/storage"],
      ["POST", "/api/admin/gateway/restart"],
      ["PUT", "/api/blobs"],
      ["GET", "/api/blobs/x"],
      ["GET", "/debug/version"],
      ["GET", "/debug/env"],
      ["GET", "/v1/models"],
      ["POST", "/v1/chat/completions"],
    ] as const;
    for (const [method, path] of closed) {
      const body = method === "GET" ? {} : { headers: { "content-type": "application/json" }, body: "{}" };
      expect([path, (await ask(path, { method, ...body }, own)).status]).toEqual([path, 401]);
    }
    const me = (await (await ask("/api/auth/me", {}, own)).json()) as { signedIn: boolean };
    expect(me.signedIn).toBe(false);
    const socket = await openRaw(own.url);
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client() }));
    expect((await socket.frame((frame) => frame.id === "hello")).error?.details.code).toBe("AUTH_TOKEN_MISSING");
  } finally {
    await own.dispose();
  }
});

row("header-forms", async () => {
  const token = await apiToken(["operator.read"]);
  const forms = (secret: string) => [`Bearer ${secret}`, `bearer ${secret}`, `BEARER   ${secret}`, `Bearer ${secret} `];
  for (const authorization of forms(token))
    expect((await ask("/api/host/status", { headers: { authorization } })).status).toBe(200);
  await call("auth.tokens.revoke", {
    id: payloadOf<{ tokens: { id: string; label: string }[] }>(await call("auth.tokens.list")).tokens[0]?.id,
  });
  for (const authorization of forms(token))
    expect((await ask("/api/host/status", { headers: { authorization } })).status).toBe(401);
  for (const auth of [{ token }, { password: token }, { deviceToken: token }, { token: ` ${token} ` }]) {
    const socket = await openRaw(server.url);
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client(), auth }));
    expect((await socket.frame((frame) => frame.id === "hello")).ok).toBe(false);
    socket.close();
  }
});

test("every row that says it is tested here has its test", () => {
  expect(covered.sort()).toEqual(
    securityRows
      .filter(({ here }) => here)
      .map(({ id }) => id)
      .sort(),
  );
});
