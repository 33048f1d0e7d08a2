/** A paired device that asks for more, or is not what it was: OpenClaw's refusals, and that no grant outgrows who gave it. */

import { closeReason, errorToWire, type MoltError } from "@moltworker/protocol/errors";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { type ConnectOptions, createTestDevice, type TestDevice } from "../../../../tests/support/device.ts";
import { createTestIdentity, type TestIdentity, TOKEN } from "../../../../tests/support/identity.ts";
import { createRandom } from "../../../../tests/support/random.ts";
import { stockEvent } from "../rpc/stock-shapes.ts";
import { REQUEST_MS } from "./pairing.ts";
import { anonymous, type Principal } from "./principal.ts";

const NONCE = "challenge-nonce";
const owner: Principal = { kind: "owner", id: "ws_1", scopes: allScopes, via: "cookie" };
const code = (expected: string) => expect.objectContaining({ code: expected });
const READ = ["operator.read"];
const mac = { platform: "darwin", deviceFamily: "Mac" };

let identity: TestIdentity;
let device: TestDevice;
let deviceToken: string;
beforeEach(async () => {
  identity = createTestIdentity(createTestDatabase());
  device = await createTestDevice();
  deviceToken = (await connect({ auth: { token: TOKEN }, scopes: READ })).deviceToken as string;
});

const connect = async (over: Partial<ConnectOptions> = {}, address = "192.0.2.1") => {
  const params = await device.connect({ nonce: NONCE, signedAt: identity.clock.now(), client: mac, ...over });
  return identity.auth.connect(params, { principal: anonymous, nonce: NONCE, address });
};
const refused = async (over: Partial<ConnectOptions>, address?: string) => {
  const error = await connect({ auth: { deviceToken }, ...over }, address).catch((thrown: unknown) => thrown);
  return error as MoltError;
};
const request = () => {
  const [first] = identity.auth.pairings.list();
  if (!first) throw new Error("nothing waits");
  return first;
};

describe("a paired device is refused in OpenClaw's words", () => {
  test.each([
    [
      "scope-upgrade",
      { scopes: ["operator.admin", "operator.read"] },
      "device is asking for more scopes than currently approved",
    ],
    [
      "metadata-upgrade",
      { scopes: READ, client: { ...mac, platform: "linux" } },
      "device identity changed and must be re-approved",
    ],
    [
      "metadata-upgrade",
      { scopes: READ, client: { ...mac, deviceFamily: "iPhone" } },
      "device identity changed and must be re-approved",
    ],
    ["metadata-upgrade", { scopes: READ, client: { platform: "darwin" } }, "device identity changed and must be re-approved"],
  ])("%s %j", async (reason, over, sentence) => {
    const error = await refused(over);
    const { requestId, code: shown } = request();
    expect(error).toMatchObject({
      code: "DEVICE_NOT_PAIRED",
      message: `pairing required: ${sentence} (requestId: ${requestId})`,
    });
    expect(closeReason(error)).toBe(error.message);
    expect(new TextEncoder().encode(error.message).length).toBeLessThanOrEqual(120);
    expect(errorToWire(error)).toMatchObject({
      code: "NOT_PAIRED",
      details: {
        code: "PAIRING_REQUIRED",
        reason,
        requestId,
        pairingCode: shown,
        deviceId: device.id,
        requestedRole: "operator",
        requestedScopes: allScopes.filter((scope) => over.scopes.includes(scope)),
        approvedRoles: ["operator"],
        approvedScopes: READ,
        retryable: false,
        pauseReconnect: true,
      },
    });
    expect(identity.auth.listDevices()).toMatchObject([{ scopes: READ, platform: "darwin" }]);
  });

  test("role-upgrade: no other role exists, so nothing waits for approval", async () => {
    const params = await device.connect({
      nonce: NONCE,
      signedAt: identity.clock.now(),
      client: mac,
      auth: { deviceToken },
      role: "node",
    });
    const error = (await identity.auth
      .connect(params, { principal: anonymous, nonce: NONCE, address: "192.0.2.1" })
      .catch((thrown: unknown) => thrown)) as MoltError;
    expect(error.message).toBe("pairing required: device is asking for a higher role than currently approved");
    expect(error.details).toMatchObject({ reason: "role-upgrade", requestedRole: "node", approvedRoles: ["operator"] });
    expect(identity.auth.pairings.list()).toEqual([]);
    const stranger = await (await createTestDevice()).connect({ nonce: NONCE, signedAt: identity.clock.now(), role: "node" });
    await expect(identity.auth.connect(stranger, { principal: anonymous, nonce: NONCE, address: "192.0.2.1" })).rejects.toThrow(
      "invalid role",
    );
  });

  test("the same spelling in other letters, and what OpenClaw alone knows, is no upgrade", async () => {
    const client = { platform: " Darwin ", deviceFamily: "MAC" };
    const scopes = [...READ, "operator.talk", "operator.questions"];
    expect((await connect({ auth: { deviceToken }, scopes, client })).principal.scopes).toEqual(READ);
    expect(identity.auth.pairings.list()).toEqual([]);
  });

  test("a refusal of this kind is no failed attempt", async () => {
    for (let index = 0; index < 30; index += 1) await refused({ scopes: ["operator.admin"] });
    await expect(connect({ auth: { deviceToken }, scopes: READ })).resolves.toBeDefined();
    expect(identity.auth.pairings.list()).toHaveLength(1);
  });
});

test("both events say all that OpenClaw's do", async () => {
  await refused({ scopes: ["operator.write"] });
  const { requestId } = request();
  const { event: _, ...requested } = identity.events.at(-1) as Record<string, unknown>;
  const stock = stockEvent("device.pair.requested", requested as never);
  expect(stock).toEqual({
    requestId,
    deviceId: device.id,
    publicKey: device.publicKey,
    platform: "darwin",
    deviceFamily: "Mac",
    clientId: "cli",
    clientMode: "cli",
    role: "operator",
    scopes: ["operator.write"],
    remoteIp: "192.0.2.1",
    isRepair: true,
    ts: identity.clock.now(),
  });
  identity.auth.pairings.approve(owner, requestId);
  expect(identity.events.at(-1)).toEqual({
    event: "resolved",
    requestId,
    deviceId: device.id,
    decision: "approved",
    ts: identity.clock.now(),
  });
});

describe("the approval of an upgrade", () => {
  test("adds to the grant; token and live sockets stay", async () => {
    const { principal } = await connect({ auth: { deviceToken }, scopes: READ });
    await refused({ scopes: ["operator.write", "operator.approvals"] });
    const { device: now } = identity.auth.pairings.approve(owner, request().requestId);
    expect(now.scopes).toEqual(["operator.read", "operator.write", "operator.approvals"]);
    expect(identity.auth.stillValid(principal)).toBe(true);
    const again = await connect({ auth: { deviceToken }, scopes: ["operator.write", "operator.approvals"] });
    expect(again.principal.scopes).toEqual(["operator.write", "operator.approvals"]);
  });

  test("of another platform pins the new one", async () => {
    const client = { ...mac, platform: "linux" };
    await refused({ scopes: READ, client });
    identity.auth.pairings.approve(owner, request().requestId);
    await expect(connect({ auth: { deviceToken }, scopes: READ, client })).resolves.toBeDefined();
    expect((await refused({ scopes: READ })).details.reason).toBe("metadata-upgrade");
  });

  test("in part: what was kept back is not asked again, and more is", async () => {
    await refused({ scopes: ["operator.write", "operator.approvals"] });
    identity.auth.pairings.approve(owner, request().requestId, { scopes: ["operator.write"] });
    const scopes = ["operator.write", "operator.approvals"];
    expect((await connect({ auth: { deviceToken }, scopes })).principal.scopes).toEqual(["operator.write"]);
    expect((await refused({ scopes: ["operator.admin"] })).details.reason).toBe("scope-upgrade");
  });

  test("rejected: it stays what it was, and cannot nag", async () => {
    await refused({ scopes: ["operator.admin"] });
    identity.auth.pairings.reject(request().requestId);
    expect((await refused({ scopes: ["operator.admin"] })).message).toBe(
      "pairing required: device is asking for more scopes than currently approved",
    );
    expect(identity.auth.pairings.list()).toEqual([]);
    await expect(connect({ auth: { deviceToken }, scopes: READ })).resolves.toBeDefined();
  });

  test("of a device that was revoked meanwhile revives nothing", async () => {
    await refused({ scopes: ["operator.admin"] });
    const { requestId } = request();
    identity.auth.deviceGrants.remove(owner, device.id);
    expect(() => identity.auth.pairings.approve(owner, requestId)).toThrow(code("NOT_FOUND"));
    expect(identity.auth.listDevices()).toEqual([]);
    expect((await refused({ scopes: READ })).code).toBe("AUTH_TOKEN_MISMATCH");
  });

  test("takes all that the device would hold, not only what is new", async () => {
    const strong = (await connect({ auth: { token: TOKEN }, scopes: ["operator.admin"] })).deviceToken as string;
    await refused({ auth: { deviceToken: strong }, scopes: ["operator.admin"], client: { ...mac, platform: "linux" } });
    const weak: Principal = { kind: "device", id: "w", scopes: ["operator.pairing", "operator.read"], via: "device", grant: 0 };
    expect(() => identity.auth.pairings.approve(weak, request().requestId)).toThrow(code("FORBIDDEN"));
    expect(identity.auth.listDevices()).toMatchObject([{ platform: "darwin" }]);
  });
});

test("1,000 drawn moves: every scope a device holds was held by who approved it, and what was revoked never comes back", async () => {
  const random = createRandom(28_112_026);
  const drawn = (): Scope[] => allScopes.filter(() => random.chance(0.4));
  /** Scopes the device may hold by what was approved since it was last removed. */
  let may = new Set<Scope>(READ as Scope[]);
  const dead: string[] = [];
  let connected = 0;
  for (let index = 0; index < 1_000; index += 1) {
    const move = random.below(10);
    // From a network of its own each time, so that no limit hides what is judged here.
    const address = `10.${index >> 8}.${index & 255}.1`;
    if (move < 5) {
      const scopes = drawn();
      const platform = random.chance(0.9) ? "darwin" : "linux";
      const client = { ...mac, platform };
      const auth = random.chance(0.2) ? undefined : { deviceToken };
      const done = await connect({ ...(auth ? { auth } : {}), scopes, client }, address).catch(() => undefined);
      if (done) connected += 1;
      if (done?.deviceToken) deviceToken = done.deviceToken;
      for (const scope of done?.principal.scopes ?? []) expect(hasScope([...may], scope)).toBe(true);
    } else if (move < 8) {
      const held = random.chance(0.3) ? [...allScopes] : drawn();
      const by: Principal = { kind: "device", id: "other", scopes: held, via: "device", grant: 0 };
      const waiting = identity.auth.pairings.list()[0];
      if (!waiting) continue;
      try {
        const { device: now } = identity.auth.pairings.approve(by, waiting.requestId);
        for (const scope of now.scopes) expect(hasScope(held, scope)).toBe(true);
        may = new Set(now.scopes);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/FORBIDDEN|NOT_FOUND/) });
      }
    } else if (move === 8 && random.chance(0.3) && identity.auth.listDevices().length > 0) {
      identity.auth.deviceGrants.remove(owner, device.id);
      may = new Set();
      dead.push(deviceToken);
    } else identity.clock.advance(random.below(REQUEST_MS));
    for (const old of dead.slice(-3))
      if (old !== deviceToken)
        expect(await refused({ auth: { deviceToken: old }, scopes: READ }, address)).toMatchObject({
          code: expect.stringMatching(/^(AUTH_TOKEN_MISMATCH|AUTH_RATE_LIMITED)$/),
        });
  }
  expect(dead.length).toBeGreaterThan(5);
  expect(connected).toBeGreaterThan(50);
});
