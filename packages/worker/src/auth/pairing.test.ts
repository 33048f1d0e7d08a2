/** Devices that ask to be let in: codes, ends, limits, and that nobody gives what they do not hold. */

import { errorFromWire, errorToWire } from "@moltworker/protocol/errors";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { type ConnectOptions, createTestDevice, type TestDevice } from "../../../../tests/support/device.ts";
import { createTestIdentity, requestFrom, type TestIdentity, TOKEN } from "../../../../tests/support/identity.ts";
import { createRandom } from "../../../../tests/support/random.ts";
import { REQUEST_MS } from "./pairing.ts";
import { anonymous, type Principal } from "./principal.ts";

const NONCE = "challenge-nonce";
const owner: Principal = { kind: "owner", id: "ws_1", scopes: allScopes, via: "cookie" };
const code = (expected: string) => expect.objectContaining({ code: expected });

let identity: TestIdentity;
let device: TestDevice;
beforeEach(async () => {
  identity = createTestIdentity(createTestDatabase());
  device = await createTestDevice();
});

const connect = async (over: Partial<ConnectOptions> = {}, from = device, address = "192.0.2.1") =>
  identity.auth.connect(await from.connect({ nonce: NONCE, signedAt: identity.clock.now(), ...over }), {
    principal: anonymous,
    nonce: NONCE,
    address,
  });
const knock = async (over: Partial<ConnectOptions> = {}, from = device, address?: string) => {
  const error = await connect(over, from, address).catch((thrown: unknown) => thrown);
  return error as { code: string; message: string; hint: string; details: Record<string, unknown>; retryAfterMs?: number };
};
const request = () => {
  const [first] = identity.auth.pairings.list();
  if (!first) throw new Error("nothing waits");
  return first;
};

describe("a request", () => {
  test("is told to the device as OpenClaw's clients read it, with the code that the owner sees", async () => {
    const refusal = await knock({ scopes: ["operator.read"], client: { displayName: "Lap", platform: "macOS" } });
    const { requestId, code: shown } = request();
    expect(shown).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
    expect(refusal).toMatchObject({
      code: "DEVICE_NOT_PAIRED",
      message: `pairing required: device is not approved yet (requestId: ${requestId})`,
      hint: expect.stringContaining(shown),
      details: {
        requestId,
        pairingCode: shown,
        deviceId: device.id,
        requestedRole: "operator",
        requestedScopes: ["operator.read"],
      },
    });
    const wire = errorToWire(refusal as never);
    expect(wire).toMatchObject({ code: "NOT_PAIRED", details: { code: "PAIRING_REQUIRED", reason: "not-paired" } });
    expect(errorFromWire(wire).code).toBe("DEVICE_NOT_PAIRED");
    expect(new TextEncoder().encode(refusal.message).length).toBeLessThanOrEqual(120);
    expect(request()).toMatchObject({ displayName: "Lap", platform: "macOS", remoteIp: "192.0.2.1", isRepair: false });
  });

  test("is the same one on every retry, and told once", async () => {
    const first = await knock();
    for (let index = 0; index < 20; index += 1) expect((await knock()).details).toEqual(first.details);
    expect(identity.events.map(({ event }) => event)).toEqual(["requested"]);
  });

  test("that asks for more is another one: what was shown is what is approved", async () => {
    const first = (await knock({ scopes: ["operator.read"] })).details.requestId as string;
    const second = (await knock({ scopes: ["operator.admin"] })).details.requestId as string;
    expect(second).not.toBe(first);
    expect(() => identity.auth.pairings.approve(owner, first)).toThrow(code("NOT_FOUND"));
    expect(identity.events.map(({ event, decision }) => decision ?? event)).toEqual(["requested", "expired", "requested"]);
  });

  test("lives ten minutes", async () => {
    const { requestId } = (await knock()).details as { requestId: string };
    identity.clock.advance(REQUEST_MS);
    expect(identity.auth.pairings.list()).toEqual([]);
    expect(() => identity.auth.pairings.approve(owner, requestId)).toThrow(code("NOT_FOUND"));
  });

  test("of a proof that does not hold is none", async () => {
    expect((await knock({ nonce: "another" })).code).toBe("DEVICE_SIGNATURE_INVALID");
    expect(identity.auth.pairings.list()).toEqual([]);
  });
});

describe("approval", () => {
  test("gives the device its token with the next proof, once; then the token is enough", async () => {
    await knock();
    const { device: paired } = identity.auth.pairings.approve(owner, request().requestId);
    expect(paired).toMatchObject({ id: device.id, scopes: ["operator.read", "operator.write"], tokenAt: null });
    const { deviceToken } = await connect();
    expect((await connect({ auth: { deviceToken: deviceToken as string } })).principal).toMatchObject({ kind: "device" });
    const byBearer = (path: string) =>
      identity.auth.identify(
        requestFrom("192.0.2.1:1", `http://localhost${path}`, { headers: { authorization: `Bearer ${deviceToken}` } }),
      );
    expect(await byBearer("/v1/models")).toMatchObject({ kind: "device", id: device.id, scopes: paired.scopes });
    expect((await byBearer("/api/host/status")).kind).toBe("anonymous");
    expect((await knock()).code).toBe("DEVICE_NOT_PAIRED");
    expect(request().isRepair).toBe(true);
  });

  test("by the code itself, however it is typed", async () => {
    await knock();
    const typed = ` ${request().code.toLowerCase().replace("-", " ")} `;
    expect(identity.auth.pairings.approve(owner, typed).device.id).toBe(device.id);
  });

  test("is decided once: neither id nor code can be replayed", async () => {
    await knock();
    const { requestId, code: shown } = request();
    identity.auth.pairings.approve(owner, requestId);
    for (const reference of [requestId, shown]) {
      expect(() => identity.auth.pairings.approve(owner, reference)).toThrow(code("NOT_FOUND"));
      expect(() => identity.auth.pairings.reject(reference)).toThrow(code("NOT_FOUND"));
    }
    expect(identity.events.filter(({ event }) => event === "resolved")).toHaveLength(1);
  });

  test("does not serve another device", async () => {
    await knock();
    identity.auth.pairings.approve(owner, request().requestId);
    expect((await knock({}, await createTestDevice())).code).toBe("DEVICE_NOT_PAIRED");
    const params = await device.connect({ nonce: NONCE, signedAt: identity.clock.now() });
    const forged = { ...params, device: { ...params.device, signature: "A".repeat(86) } } as never;
    await expect(identity.auth.connect(forged, { principal: anonymous, nonce: NONCE, address: "192.0.2.1" })).rejects.toThrow(
      code("DEVICE_SIGNATURE_INVALID"),
    );
  });

  test("waits a day for its device and no longer", async () => {
    await knock();
    identity.auth.pairings.approve(owner, request().requestId);
    identity.clock.advance(86_400_000);
    expect((await knock()).code).toBe("DEVICE_NOT_PAIRED");
  });

  test("can grant less than was asked for, never more", async () => {
    await knock({ scopes: ["operator.read", "operator.write"] });
    const { device: paired } = identity.auth.pairings.approve(owner, request().requestId, {
      scopes: ["operator.read", "operator.admin"],
    });
    expect(paired.scopes).toEqual(["operator.read"]);
  });

  test("never gives what the approver does not hold (500 drawn cases)", async () => {
    const random = createRandom(20_260_101);
    const drawn = (): Scope[] => allScopes.filter(() => random.chance(0.5));
    let refused = 0;
    for (let index = 0; index < 500; index += 1) {
      const [asked, held] = [drawn(), drawn()];
      const by: Principal = { kind: "device", id: "other", scopes: held, via: "device", grant: 0 };
      identity = index % 40 === 0 ? createTestIdentity(createTestDatabase()) : identity;
      identity.clock.advance(REQUEST_MS);
      await knock({ scopes: asked });
      try {
        const { device: paired } = identity.auth.pairings.approve(by, request().requestId);
        for (const scope of paired.scopes) expect(hasScope(held, scope)).toBe(true);
        expect(paired.scopes).toEqual(asked);
        expect((await connect({ scopes: asked })).principal.scopes.every((scope) => hasScope(held, scope))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: "FORBIDDEN", message: expect.stringContaining("device pairing approval denied") });
        expect(asked.every((scope) => hasScope(held, scope))).toBe(false);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe("wrong codes", () => {
  test("five end the request; a right one afterwards is late", async () => {
    await knock();
    const { requestId, code: shown } = request();
    for (let index = 0; index < 5; index += 1)
      expect(() => identity.auth.pairings.approve(owner, requestId, { code: "AAAA-AAAA" })).toThrow();
    expect(() => identity.auth.pairings.approve(owner, requestId, { code: shown })).toThrow(code("NOT_FOUND"));
    expect(identity.events.at(-1)).toMatchObject({ event: "resolved", decision: "expired" });
  });

  test("1,000 guesses at all that wait: none gets in, and five end them all", async () => {
    await knock();
    await knock({}, await createTestDevice());
    const codes = new Set(identity.auth.pairings.list().map((row) => row.code.replace("-", "")));
    const random = createRandom(7);
    for (let index = 0; index < 1_000; index += 1) {
      const guess = Array.from({ length: 8 }, () => random.pick([..."ABCDEFGHJKLMNPQRSTUVWXYZ23456789"])).join("");
      if (codes.has(guess)) continue;
      expect(() => identity.auth.pairings.approve(owner, guess)).toThrow(code("NOT_FOUND"));
    }
    expect(identity.auth.pairings.list()).toEqual([]);
    expect(identity.auth.listDevices()).toEqual([]);
  });
});

describe("rejection", () => {
  test("holds for the ten minutes; the device cannot nag", async () => {
    await knock();
    identity.auth.pairings.reject(request().requestId);
    expect(await knock()).toMatchObject({ code: "DEVICE_NOT_PAIRED", hint: expect.stringContaining("rejected") });
    expect(identity.auth.pairings.list()).toEqual([]);
    identity.clock.advance(REQUEST_MS);
    await knock();
    expect(identity.auth.pairings.list()).toHaveLength(1);
  });
});

describe("a crowd of strangers", () => {
  test("ten requests from an address, fifty in all; the owner's token still lets a device in", async () => {
    for (let index = 0; index < 10; index += 1) await knock({}, await createTestDevice());
    expect(await knock({}, await createTestDevice())).toMatchObject({ code: "AUTH_RATE_LIMITED", retryAfterMs: REQUEST_MS });
    for (let index = 0; index < 60; index += 1) await knock({}, await createTestDevice(), `198.51.100.${index}`);
    expect(identity.auth.pairings.list()).toHaveLength(50);
    await expect(connect({ auth: { token: TOKEN } }, device, "203.0.113.9")).resolves.toHaveProperty("deviceToken");
  });
});

describe("a paired device's grant", () => {
  const paired = async () => {
    const { deviceToken, principal } = await connect({ auth: { token: TOKEN }, scopes: ["operator.read", "operator.pairing"] });
    return { deviceToken: deviceToken as string, principal };
  };

  test("removed: its principal is over, its token dead, and pairing anew revives neither", async () => {
    const { deviceToken, principal } = await paired();
    identity.auth.deviceGrants.remove(owner, device.id);
    expect(identity.auth.stillValid(principal)).toBe(false);
    await knock();
    identity.auth.pairings.approve(owner, request().requestId);
    await connect();
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect((await knock({ auth: { deviceToken } })).code).toBe("AUTH_TOKEN_MISMATCH");
  });

  test("removed while it waits for its token: it gets none", async () => {
    await knock();
    identity.auth.pairings.approve(owner, request().requestId);
    identity.auth.deviceGrants.remove(owner, device.id);
    expect((await knock()).code).toBe("DEVICE_NOT_PAIRED");
  });

  test("rotated by itself: the new token comes at once; by another: with the next proof alone", async () => {
    const { deviceToken, principal } = await paired();
    const own = await identity.auth.deviceGrants.rotate(principal, device.id);
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect((await knock({ auth: { deviceToken } })).code).toBe("AUTH_TOKEN_MISMATCH");
    const scopes = ["operator.read", "operator.pairing"];
    await expect(connect({ auth: { deviceToken: own.token as string }, scopes })).resolves.toBeDefined();
    const other = await identity.auth.deviceGrants.rotate(owner, device.id, ["operator.read"]);
    expect(other.token).toBeUndefined();
    const fetched = await connect({ scopes });
    expect([fetched.deviceToken !== undefined, fetched.principal.scopes]).toEqual([true, ["operator.read"]]);
    await expect(identity.auth.deviceGrants.rotate(owner, device.id, ["operator.admin"])).rejects.toThrow(code("FORBIDDEN"));
  });

  test("its token revoked: known, but it must ask again", async () => {
    const { deviceToken, principal } = await paired();
    identity.auth.deviceGrants.revokeToken(owner, device.id);
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect((await knock({ auth: { deviceToken } })).code).toBe("AUTH_TOKEN_MISMATCH");
    expect((await knock()).code).toBe("DEVICE_NOT_PAIRED");
    expect(identity.auth.listDevices()).toMatchObject([{ id: device.id, tokenAt: null }]);
  });

  test("is managed by nobody who holds less, except by itself", async () => {
    const { principal } = await paired();
    const weaker: Principal = { kind: "device", id: "w", scopes: ["operator.pairing"], via: "device", grant: 0 };
    const { deviceGrants } = identity.auth;
    expect(() => deviceGrants.remove(weaker, device.id)).toThrow(code("FORBIDDEN"));
    expect(() => deviceGrants.rename(weaker, device.id, "mine")).toThrow(code("FORBIDDEN"));
    expect(() => deviceGrants.revokeToken(weaker, device.id)).toThrow(code("FORBIDDEN"));
    await expect(deviceGrants.rotate(weaker, device.id)).rejects.toThrow(code("FORBIDDEN"));
    deviceGrants.rename(principal, device.id.toUpperCase(), "Kitchen");
    expect(identity.auth.listDevices()).toMatchObject([{ label: "Kitchen" }]);
  });
});
