/** Every principal × surface × action, against a table written by hand: what is not in it must be refused. */

import type { Scope } from "@moltworker/protocol/scopes";
import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestIdentity, testMethods } from "../../../../tests/support/identity.ts";
import { ownActions } from "./actions.ts";
import { createAuthorize } from "./authorize.ts";
import { anonymous, type Principal, type Surface } from "./principal.ts";

const all: readonly Scope[] = ["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"];
const principals: Record<string, Principal> = {
  nobody: anonymous,
  browser: { kind: "owner", id: "ws_1", scopes: all, via: "cookie" },
  token: { kind: "owner", id: "token:1", scopes: all, via: "token" },
  tokenReadOnly: { kind: "owner", id: "token:1", scopes: ["operator.read"], via: "token" },
  access: {
    kind: "owner",
    id: "access:1",
    scopes: all,
    via: "access",
    access: { tokenId: "1", name: "a@b.c", issuer: "https://t.cloudflareaccess.com", audience: ["a"], issuedAt: 1, expiresAt: 2 },
  },
  host: { kind: "owner", id: "host", scopes: all, via: "host" },
  device: { kind: "device", id: "d", scopes: ["operator.write"], via: "device", grant: 0 },
  approver: { kind: "device", id: "d", scopes: ["operator.approvals"], via: "device", grant: 0 },
  grantless: { kind: "device", id: "d", scopes: [], via: "device", grant: 0 },
  api: { kind: "api", id: "api_1", scopes: all, via: "api" },
  apiReadOnly: { kind: "api", id: "api_2", scopes: ["operator.read"], via: "api" },
  modelCaller: { kind: "api", id: "api_3", scopes: ["gateway.use"], via: "api" },
  schedule: { kind: "schedule", id: "s", scopes: ["operator.write"], via: "alarm" },
  webhook: { kind: "webhook", id: "hook:ci", scopes: ["operator.read", "operator.write"], via: "hook", mayAct: true },
  webhookReading: { kind: "webhook", id: "hook:ci", scopes: all, via: "hook", mayAct: false },
  channelOwner: {
    kind: "channel",
    id: "telegram:default:1",
    scopes: ["operator.write", "operator.approvals", "operator.pairing"],
    via: "telegram",
    role: "owner",
  },
  channelGuest: { kind: "channel", id: "telegram:default:2", scopes: ["operator.write"], via: "telegram", role: "guest" },
  /** A guest stays one, whatever scopes a faulty grant would hold. */
  channelGuestOfAll: { kind: "channel", id: "telegram:default:3", scopes: all, via: "telegram", role: "guest" },
};
const surfaces: readonly Surface[] = ["socket", "http", "v1", "run", "alarm", "channel"];
const actions = [
  ...testMethods.map((method) => method.name),
  ...Object.keys(ownActions),
  "no.such.action",
  "constructor",
  "__proto__",
  "",
];

const socketAll = ["health", "chat.send", "config.patch", "exec.approval.resolve", "device.pair.list", "device.pair.approve"];
/** What makes a grant that outlives its maker's. */
const lasting = [
  "device.pair.approve",
  "api.passkey.register",
  "api.host.link",
  "api.admin.devices.approve",
  "api.import",
  "api.gateway.tokens",
  "api.channels.connect",
  "api.channels.pair",
];
const httpAll = [
  "api.admin.devices",
  "api.admin.devices.approve",
  "api.admin.state",
  "api.admin.restart",
  "api.export",
  "api.import",
  "api.signout",
  "api.blobs.read",
  "api.blobs.write",
  "api.passkey.register",
  "api.host.link",
  "api.host.drain",
  "api.host.status",
  "api.snapshots.read",
  "api.snapshots.write",
  "api.doctor.run",
  "api.doctor.fix",
  "api.containers",
  "hosted.use",
  "gateway.call",
  "api.channels.read",
  "api.channels.send",
  "api.channels.connect",
  "api.channels.pair",
  "api.gateway.read",
  "api.gateway.write",
  "api.gateway.tokens",
];
const v1All = ["v1.chat", "v1.read"];
const runAll = ["run.start", "run.tool.read", "run.tool.effect"];
const channelGuests = ["channel.message", "channel.status", "channel.steer"];
const channelAll = [...channelGuests, "channel.steer.shared", "channel.model", "channel.approve", "channel.pairing"];
const allowed: Record<string, Partial<Record<Surface, string[]>>> = {
  nobody: {},
  browser: { socket: socketAll, http: httpAll, v1: v1All, run: runAll },
  token: { socket: socketAll, http: httpAll, v1: v1All, run: runAll },
  tokenReadOnly: {
    socket: ["health"],
    http: ["api.signout", "api.blobs.read", "api.host.status", "api.channels.read", "hosted.use"],
    v1: ["v1.read"],
    run: ["run.tool.read"],
  },
  access: { socket: socketAll, http: httpAll, v1: v1All, run: runAll },
  host: { http: [...httpAll, "api.host.token", "api.host.report", "api.host.snapshots"] },
  device: { socket: ["health", "chat.send"], v1: v1All, run: runAll },
  approver: { socket: ["exec.approval.resolve"] },
  grantless: {},
  api: {
    socket: socketAll.filter((name) => !lasting.includes(name)),
    http: httpAll.filter((name) => !lasting.includes(name)),
    v1: v1All,
    run: runAll,
  },
  apiReadOnly: {
    socket: ["health"],
    http: ["api.signout", "api.blobs.read", "api.host.status", "api.channels.read", "hosted.use"],
    v1: ["v1.read"],
    run: ["run.tool.read"],
  },
  modelCaller: { http: ["gateway.call"] },
  schedule: { run: runAll, alarm: ["run.start"] },
  webhook: { run: runAll },
  webhookReading: { run: ["run.start", "run.tool.read"] },
  channelOwner: { run: runAll, channel: channelAll },
  channelGuest: { run: ["run.start", "run.tool.read"], channel: channelGuests },
  channelGuestOfAll: { run: ["run.start", "run.tool.read"], channel: channelGuests },
};

const cases = Object.keys(principals).flatMap((who) =>
  surfaces.flatMap((surface) => actions.map((action) => [who, surface, action] as const)),
);

describe("authorize", () => {
  const authorize = createAuthorize(
    {
      ...Object.fromEntries(
        testMethods.map(({ name, scope, lasting }) => [name, { scope, surfaces: ["socket"] as const, lasting }]),
      ),
      ...ownActions,
    },
    () => true,
  );

  test.each(cases)("%s on %s: %s", (who, surface, action) => {
    const attempt = () => authorize(principals[who] as Principal, surface, action);
    if (allowed[who]?.[surface]?.includes(action)) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(expect.objectContaining({ code: who === "nobody" ? "AUTH_TOKEN_MISSING" : "FORBIDDEN" }));
  });

  test("a missing scope is named", () => {
    expect(() => authorize(principals.device as Principal, "socket", "config.patch")).toThrow(
      expect.objectContaining({
        message: "missing scope: operator.admin",
        details: { missingScope: "operator.admin", requiredScopes: ["operator.admin"] },
      }),
    );
  });

  test("a grant that ended is refused on socket and http, and the run it started goes on", () => {
    const ended = createAuthorize(ownActions, () => false);
    expect(() => ended(principals.browser as Principal, "http", "api.signout")).toThrow(
      expect.objectContaining({ code: "AUTH_EXPIRED" }),
    );
    expect(() => ended(principals.browser as Principal, "run", "run.tool.effect")).not.toThrow();
  });

  test("nobody is told why their credential failed", () => {
    const expired: Principal = { kind: "anonymous", id: "anonymous", scopes: [], via: "none", refusal: { code: "AUTH_EXPIRED" } };
    expect(() => authorize(expired, "socket", "health")).toThrow(expect.objectContaining({ code: "AUTH_EXPIRED" }));
  });
});

test("identity put together knows the methods it was given, and no other", async () => {
  const { auth } = createTestIdentity(createTestDatabase());
  const { code } = await auth.createLink();
  const { principal } = await auth.redeemLink(code, { address: "127.0.0.1", secure: false });
  expect(() => auth.authorize(principal, "socket", "chat.send")).not.toThrow();
  expect(() => auth.authorize(principal, "socket", "sessions.destroy")).toThrow(expect.objectContaining({ code: "FORBIDDEN" }));
});
