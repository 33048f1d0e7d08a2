/** Pairing, API tokens and rotation on the real server: raw sockets, the data folder's file, and what ends at once. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayTokenOf } from "../support/client.ts";
import { createTestDevice, type TestDevice } from "../support/device.ts";
import { connectFrame, type Frame, openRaw, openReady, type RawSocket, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { openStock, type StockSocket } from "../support/stock-socket.ts";

let server: Server;
let owner: StockSocket;
beforeAll(async () => {
  server = await startServer();
  owner = await openStock(server.url, gatewayTokenOf(server.dataDir));
});
afterAll(() => server?.dispose());

/** A socket of the device, after the answer to its `connect`. */
async function knock(device: TestDevice, auth?: { deviceToken?: string }, scopes?: string[]) {
  const socket = await openRaw(server.url);
  const challenge = await socket.frame((frame) => frame.event === "connect.challenge");
  const { nonce, ts } = challenge.payload as { nonce: string; ts: number };
  const params = await device.connect({ nonce, signedAt: ts, ...(auth ? { auth } : {}), ...(scopes ? { scopes } : {}) });
  socket.send(request("hello", "connect", params));
  const answer = await socket.frame((frame) => frame.id === "hello");
  return { socket, answer };
}
const detailsOf = (answer: Frame) => answer.error?.details as unknown as Record<string, string>;
const deviceTokenOf = (answer: Frame) => (answer.payload as { auth: { deviceToken: string } }).auth.deviceToken;
const payloadOf = <Payload>(frame: Frame) => frame.payload as Payload;
const closedSoon = (socket: RawSocket) => expect(socket.closed).resolves.toMatchObject({ code: 1008 });

describe("a device without a secret", () => {
  test("asks, is seen by the owner, is approved, and has its token with the next proof", async () => {
    const device = await createTestDevice();
    const { socket, answer } = await knock(device);
    const { requestId, pairingCode } = detailsOf(answer) as { requestId: string; pairingCode: string };
    expect(answer.error).toMatchObject({ code: "NOT_PAIRED", details: { code: "PAIRING_REQUIRED", reason: "not-paired" } });
    expect(await socket.closed).toEqual({ code: 1008, reason: answer.error?.message });
    const told = await owner.frame((frame) => frame.event === "device.pair.requested" && frame.payload?.requestId === requestId);
    expect(told.payload).not.toHaveProperty("code");
    expect(detailsOf((await knock(device)).answer).requestId).toBe(requestId);
    const listed = payloadOf<{ pending: { requestId: string; code: string }[] }>(await owner.call("device.pair.list"));
    expect(listed.pending).toMatchObject([{ requestId, code: pairingCode }]);
    expect(await owner.call("device.pair.approve", { requestId })).toMatchObject({ ok: true });
    await owner.frame((frame) => frame.event === "device.pair.resolved" && frame.payload?.decision === "approved");
    expect(await owner.call("device.pair.approve", { requestId })).toMatchObject({ error: { message: "unknown requestId" } });
    const first = await knock(device);
    const deviceToken = deviceTokenOf(first.answer);
    expect((await knock(device, { deviceToken })).answer.ok).toBe(true);
  });

  test("revoked: its sockets close within the second, and neither its token nor its key gets in again", async () => {
    const device = await createTestDevice();
    const { answer } = await knock(device);
    await owner.call("device.pair.approve", { requestId: detailsOf(answer).requestId });
    const first = await knock(device);
    const deviceToken = deviceTokenOf(first.answer);
    const second = await knock(device, { deviceToken });
    expect(await owner.call("device.pair.remove", { deviceId: device.id })).toMatchObject({ ok: true });
    await closedSoon(first.socket);
    await closedSoon(second.socket);
    expect((await knock(device, { deviceToken })).answer.error?.details.code).toBe("AUTH_TOKEN_MISMATCH");
    expect((await knock(device)).answer.error?.details.code).toBe("PAIRING_REQUIRED");
    expect(owner.isOpen()).toBe(true);
  });

  test("a device that may pair cannot let in one that may do more than it", async () => {
    const helper = await createTestDevice();
    const scopes = ["operator.read", "operator.pairing"];
    const asked = await knock(helper, undefined, scopes);
    await owner.call("device.pair.approve", { requestId: detailsOf(asked.answer).requestId });
    const { socket } = await knock(helper, undefined, scopes);
    const strong = await knock(await createTestDevice(), undefined, ["operator.admin"]);
    const { requestId } = detailsOf(strong.answer);
    socket.send(request("approve", "device.pair.approve", { requestId }));
    expect((await socket.frame((frame) => frame.id === "approve")).error).toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringContaining("device pairing approval denied"),
    });
    expect(await owner.call("device.pair.reject", { requestId })).toMatchObject({ ok: true });
  });
});

describe("an API token", () => {
  const make = async (scopes: string[]) =>
    payloadOf<{ token: string; row: { id: string } }>(await owner.call("auth.tokens.create", { label: "e2e", scopes }));
  const ask = (token: string, path: string) =>
    fetch(new URL(path, server.url), { headers: { authorization: `Bearer ${token}` } });

  test("works on HTTP and on the socket with its own scopes, and ends with its sockets", async () => {
    const { token, row } = await make(["operator.read"]);
    expect(await (await ask(token, "/api/auth/me")).json()).toMatchObject({
      signedIn: true,
      kind: "api",
      scopes: ["operator.read"],
    });
    expect((await ask(token, "/api/host/link")).status).toBe(404);
    const socket = await openRaw(server.url);
    socket.send(connectFrame(token, { scopes: ["operator.admin", "operator.read"] }));
    await socket.frame((frame) => frame.ok === true);
    socket.send(request("stop", "gateway.suspend", { suspended: true }));
    expect((await socket.frame((frame) => frame.id === "stop")).error?.message).toBe("missing scope: operator.write");
    await owner.call("auth.tokens.revoke", { id: row.id });
    await closedSoon(socket);
    expect((await ask(token, "/api/host/status")).status).toBe(401);
  });

  test("makes nothing that would outlive it", async () => {
    const { token } = await make(["operator.admin"]);
    const post = await fetch(new URL("/api/host/link", server.url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    expect(post.status).toBe(403);
    expect((await ask(token, "/api/host/gateway-token")).status).toBe(403);
    const socket = await openRaw(server.url);
    socket.send(connectFrame(token));
    await socket.frame((frame) => frame.ok === true);
    for (const [method, params] of [
      ["auth.tokens.create", { label: "x", scopes: ["operator.read"] }],
      ["auth.gatewayToken.rotate", {}],
      ["device.pair.approve", { requestId: "x" }],
    ] as const) {
      socket.send(request(method, method, params));
      expect((await socket.frame((frame) => frame.id === method)).error?.code).toBe("FORBIDDEN");
    }
  });
});

test("the gateway token is replaced: old sockets close, the file follows, a restart keeps it", async () => {
  const own = await startServer();
  try {
    const path = join(own.dataDir, "gateway-token");
    const old = gatewayTokenOf(own.dataDir);
    const bystander = await openReady(own.url, own.dataDir);
    const asker = await openReady(own.url, own.dataDir);
    asker.send(request("rotate", "auth.gatewayToken.rotate", { token: "  ein 🦞 'Token' + \"mehr\" & = # %  " }));
    const answer = await asker.frame((frame) => frame.id === "rotate");
    expect(answer.payload).toEqual({ ok: true, notes: ["White space around the token was removed."] });
    await closedSoon(bystander);
    await closedSoon(asker);
    await own.event((event) => event.type === "log" && event.event === "server.token_file_written");
    expect(readFileSync(path, "utf8")).toBe("ein 🦞 'Token' + \"mehr\" & = # %\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const late = await openRaw(own.url);
    late.send(connectFrame(old));
    await closedSoon(late);
    (await openReady(own.url, own.dataDir)).close();
    await own.stop();
    await own.restart();
    (await openReady(own.url, own.dataDir)).close();
    expect(JSON.stringify(own.events)).not.toContain("🦞");
  } finally {
    await own.dispose();
  }
});

test("the audit has who did what on the socket, refusals too, and no secret", async () => {
  await owner.call("gateway.suspend", { suspended: true });
  await owner.call("gateway.suspend", { suspended: false });
  await owner.call("config.patch", { raw: JSON.stringify({ agent: { name: "canary-of-a-value" } }) });
  await owner.call("config.patch", { raw: "not json" });
  await owner.call("auth.tokens.revoke", { id: "api_none" });
  const { rows } = payloadOf<{ rows: Record<string, unknown>[] }>(await owner.call("audit.list", { limit: 5 }));
  expect(rows.map(({ action, outcome, detail, address }) => [action, outcome, detail, address])).toEqual([
    ["auth.tokens.revoke", "NOT_FOUND", "api_none", "127.0.0.1"],
    ["config.patch", "CONFIG_INVALID", "", "127.0.0.1"],
    ["config.patch", "ok", "agent.name", "127.0.0.1"],
    ["gateway.suspend", "ok", "resume", "127.0.0.1"],
    ["gateway.suspend", "ok", "STOP", "127.0.0.1"],
  ]);
  const all = JSON.stringify((await owner.call("audit.list", { limit: 500 })).payload);
  for (const secret of [gatewayTokenOf(server.dataDir), "canary-of-a-value"]) expect(all).not.toContain(secret);
  expect(await owner.call("audit.list", { search: "auth.tokens.create" })).toMatchObject({ ok: true });
});

describe("the addresses that moltworker's users know", () => {
  const bearer = () => ({ authorization: `Bearer ${gatewayTokenOf(server.dataDir)}` });
  const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, server.url), { redirect: "manual", ...init });

  test("tell strangers that it runs, and nothing else", async () => {
    expect(await (await ask("/sandbox-health")).json()).toEqual({ status: "ok", service: "moltworker", gateway_port: null });
    expect(await (await ask("/api/status")).json()).toEqual({ ok: true, status: "running" });
    expect(await (await ask("/readyz")).json()).toEqual({ ready: true });
    for (const path of [
      "/api/admin/devices",
      "/api/admin/storage",
      "/api/admin/audit.jsonl",
      ...["version", "env", "processes", "logs", "gateway-api", "ws-test", "container-config", "cli"].map(
        (name) => `/debug/${name}`,
      ),
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    for (const path of [
      "/api/admin/devices/approve-all",
      "/api/admin/devices/x/approve",
      "/api/admin/gateway/restart",
      "/api/admin/storage/sync",
    ]) {
      expect((await ask(path, { method: "POST" })).status).toBe(401);
      expect((await ask(path, { headers: bearer() })).status).toBe(404);
    }
  });

  test("list and approve devices, one or all", async () => {
    const [one, two] = [await createTestDevice(), await createTestDevice()];
    const { requestId } = detailsOf((await knock(one)).answer);
    await knock(two);
    const listed = (await (await ask("/api/admin/devices", { headers: bearer() })).json()) as { pending: { deviceId: string }[] };
    expect(listed.pending.map(({ deviceId }) => deviceId)).toEqual(expect.arrayContaining([one.id, two.id]));
    const post = async (path: string) => (await ask(path, { method: "POST", headers: bearer() })).json();
    expect(await post(`/api/admin/devices/${requestId}/approve`)).toMatchObject({ success: true, requestId });
    expect(await post("/api/admin/devices/approve-all")).toMatchObject({ failed: [] });
    for (const device of [one, two]) expect((await knock(device)).answer.ok).toBe(true);
    expect(await post("/api/admin/gateway/restart")).toMatchObject({ success: true, previousProcessId: null });
    expect(
      (
        await ask(`/api/admin/devices/${requestId}/approve`, {
          method: "POST",
          headers: { ...bearer(), origin: "https://evil.example" },
        })
      ).status,
    ).toBe(403);
  });

  test("names of variables, no values, and only to the owner's browser", async () => {
    const link = (await server.run("link")).events[0]?.link as string;
    const signed = await ask("/api/auth/link", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: new URL(link).hash.slice(1) }),
    });
    const cookie = signed.headers.get("set-cookie")?.split(";")[0] as string;
    const text = await (await ask("/debug/env", { headers: { cookie } })).text();
    expect(JSON.parse(text)).toMatchObject({ variables: { MOLTBOT_GATEWAY_TOKEN: true, ANTHROPIC_API_KEY: false } });
    expect(text).not.toContain(gatewayTokenOf(server.dataDir));
    expect((await ask("/debug/version", { headers: { cookie } })).status).toBe(200);
    const told = async (path: string) => (await ask(path, { headers: { cookie } })).json() as Promise<Record<string, unknown>>;
    const { processes } = (await told("/debug/processes?logs=true")) as { processes: { id: string; stdout: string }[] };
    expect(processes[0]).toMatchObject({
      command: "assistant",
      status: "running",
      exitCode: null,
      stdout: expect.stringContaining("auth."),
    });
    expect(await told(`/debug/logs?id=${processes[0]?.id}`)).toMatchObject({ status: "ok", process_status: "running" });
    expect(await told("/debug/logs?id=another")).toMatchObject({ error: { details: { code: "NOT_FOUND" } } });
    expect(await told("/debug/gateway-api?path=/api")).toMatchObject({ path: "/api", status: 200, body: { ok: true } });
    expect(await told("/debug/container-config")).toMatchObject({
      status: "ok",
      config: { agent: { name: "canary-of-a-value" } },
    });
    expect(await told("/debug/ws-test")).toMatchObject({ ok: true, path: "/ws" });
    const command = await ask("/debug/cli?cmd=id", { headers: { cookie } });
    expect(command.status).toBe(404);
    expect(await command.text()).toContain("no route runs a command here");
    const pages = await Promise.all(
      ["processes?logs=true", "logs", "gateway-api", "container-config"].map((path) => told(`/debug/${path}`)),
    );
    expect(JSON.stringify(pages)).not.toContain(gatewayTokenOf(server.dataDir));
    for (const path of ["/cdp", "/cdp/json/version?secret=x", "/logo.png", "/logo-small.png"]) {
      const answer = await ask(path);
      expect([path, answer.status, ((await answer.json()) as { error: { message: string } }).error.message]).toEqual([
        path,
        404,
        expect.stringMatching(/^there is no/),
      ]);
    }
  });

  test("the audit leaves as JSON Lines, filtered as it is read, and its leaving is a row of it", async () => {
    const answer = await ask("/api/admin/audit.jsonl?action=device.&outcome=done", { headers: bearer() });
    expect(answer.headers.get("content-disposition")).toContain("moltworker-audit.jsonl");
    const rows = (await answer.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: number; action: string; outcome: string });
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.every((row) => row.action.startsWith("device.") && row.outcome === "ok")).toBe(true);
    expect(rows.map((row) => row.id)).toEqual(rows.map((row) => row.id).toSorted((a, b) => b - a));
    const again = await (await ask("/api/admin/audit.jsonl?action=audit.export", { headers: bearer() })).text();
    expect(again.trim().split("\n").length).toBe(2);
    expect((await ask("/api/admin/audit.jsonl?nonsense=1", { headers: bearer() })).status).toBe(400);
  });
});
