/** Rows of `security-rows.ts` about who gets in, shown on the running server, each by its id. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { openSurface } from "../support/browser.ts";
import { gatewayTokenOf } from "../support/client.ts";
import { createTestDevice } from "../support/device.ts";
import { connectFrame, openRaw, request } from "../support/raw-socket.ts";
import {
  apiToken,
  ask,
  call,
  client,
  json,
  knock,
  link,
  payloadOf,
  requestOf,
  row,
  useSecurityWorld,
  world,
} from "../support/security.ts";
import { isReady } from "../support/ui.ts";
import { securityRows } from "./security-rows.ts";

useSecurityWorld();

row("hostile-query", async () => {
  const hostile = "?gatewayUrl=wss://evil.example/ws&gateway=wss://evil.example&url=ws://evil.example&session=main&autoconnect=1";
  const { hash } = new URL(await link());
  const { page, faults, context } = await openSurface(world.browser, world.server.url, {
    expected: /status of 401|WebSocket|closed before/,
  });
  await page.getByRole("heading", { name: "You are signed out here" }).waitFor();
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).host));
  await page.goto(`${world.server.url}${hostile}${hash}`);
  await isReady(page);
  expect(new Set(sockets)).toEqual(new Set([new URL(world.server.url).host]));
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
  const { page, context } = await openSurface(world.browser, await link(), { expected: /./ });
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
  }, world.server.url);
  expect(seen.socket).toContain("ORIGIN_NOT_ALLOWED");
  expect(seen.read).toBe("blocked");
  // A form, which a world.browser sends with its cookies and without asking first.
  await elsewhere.setContent(
    `<form method="post" enctype="text/plain" action="${world.server.url}api/host/drain"><input name='{"a":"' value='"}'></form>`,
  );
  const [answer] = await Promise.all([
    elsewhere.waitForResponse((response) => response.url().endsWith("/api/host/drain")),
    elsewhere.evaluate(() => document.forms[0]?.submit()),
  ]);
  expect(answer.status()).toBe(403);
  // Nothing was drained: the world.owner's page still talks.
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
    { "cf-access-authenticated-user-email": "world.owner@example.com" },
    { "cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im93bmVyQGV4YW1wbGUuY29tIn0." },
    { "tailscale-user-login": "world.owner@example.com", "x-webauth-user": "world.owner", "remote-user": "world.owner" },
    { "x-forwarded-host": "localhost", "x-forwarded-proto": "https", "x-original-url": "/api/auth/me" },
  ];
  for (const headers of forged) {
    const answer = await ask("/api/host/status", { headers });
    expect([headers, answer.status]).toEqual([headers, 401]);
    const socket = await openRaw(world.server.url, { headers });
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client() }));
    expect((await socket.frame((frame) => frame.id === "hello")).ok).toBe(false);
    socket.close();
  }
});

row("own-scopes", async () => {
  const token = await apiToken(["operator.read"]);
  const socket = await openRaw(world.server.url);
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
  const helper = await openRaw(world.server.url);
  helper.send(connectFrame(gatewayTokenOf(world.server.dataDir), { scopes: ["operator.pairing", "operator.read"] }));
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

test("every row that says it is tested here has its test, once", () => {
  const texts = ["security.test.ts", "security-inside.test.ts"].map((file) =>
    readFileSync(new URL(file, import.meta.url), "utf8"),
  );
  const covered = texts.flatMap((text) => [...text.matchAll(/^row\("([^"]+)"/gm)].map(([, id]) => id));
  expect(covered.sort()).toEqual(
    securityRows
      .filter(({ here }) => here)
      .map(({ id }) => id)
      .sort(),
  );
});
