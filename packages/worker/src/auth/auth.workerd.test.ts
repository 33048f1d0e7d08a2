/** Identity on the runtime's own SQLite, WebCrypto and headers: where Node's could differ. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { connectParams, createTestDevice } from "../../../../tests/support/device.ts";
import {
  cookieOf,
  createTestIdentity,
  HOST_KEY,
  requestFrom,
  type TestIdentity,
  TOKEN,
} from "../../../../tests/support/identity.ts";
import { createDatabase } from "../storage/database.ts";
import { anonymous, type Principal } from "./principal.ts";

const objects = (env as { TEST_OBJECT: DurableObjectNamespace }).TEST_OBJECT;
const owner: Principal = { kind: "owner", id: "ws_owner", scopes: ["operator.admin"], via: "cookie" };
const here = { address: "127.0.0.1", secure: false };

function inObject(name: string, work: (identity: TestIdentity) => Promise<void>): Promise<void> {
  const stub = objects.getByName(name);
  return runInDurableObject(stub, (_, state) => work(createTestIdentity(createDatabase(state.storage))));
}

test("link, cookie, sign-out", () =>
  inObject("link", async ({ auth }) => {
    const { code } = await auth.createLink();
    const { setCookie, principal } = await auth.redeemLink(code, here);
    await expect(auth.redeemLink(code, here)).rejects.toMatchObject({ code: "AUTH_LINK_INVALID" });
    const request = requestFrom("127.0.0.1:1", "http://localhost:8787/ws", { headers: { cookie: cookieOf(setCookie) } });
    expect(await auth.identify(request)).toEqual(principal);
    expect(auth.endSession(principal)).toEqual([principal.id]);
    expect(auth.endSession(principal)).toEqual([]);
    expect(await auth.identify(request)).toMatchObject({ kind: "anonymous", refusal: { code: "AUTH_EXPIRED" } });
    expect(auth.endAllSessions()).toEqual([]);
  }));

test("Ed25519: proof, pairing, device token, revocation; a broken signature and a broken key are refused", () =>
  inObject("device", async ({ auth, clock }) => {
    const device = await createTestDevice();
    const socket = { principal: anonymous, nonce: "n", address: "192.0.2.1" };
    const facts = { nonce: "n", signedAt: clock.now() };
    const paired = await auth.connect(await device.connect({ ...facts, auth: { token: TOKEN } }), socket);
    const deviceToken = paired.deviceToken as string;
    const again = await auth.connect(await device.connect({ ...facts, version: "v2", auth: { deviceToken } }), socket);
    expect(again.principal).toMatchObject({ kind: "device", id: device.id });
    const params = await device.connect({ ...facts, auth: { deviceToken } });
    const broken = (over: object) => auth.connect({ ...params, device: { ...params.device, ...over } as never }, socket);
    await expect(broken({ signature: "A".repeat(86) })).rejects.toMatchObject({
      code: "DEVICE_SIGNATURE_INVALID",
      message: "device signature invalid",
    });
    await expect(broken({ publicKey: "A".repeat(43) })).rejects.toMatchObject({ message: "device identity mismatch" });
    auth.deviceGrants.remove(owner, device.id);
    expect(() => auth.deviceGrants.remove(owner, device.id)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    await expect(auth.connect(params, socket)).rejects.toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
  }));

test("a device that proves its key alone asks, is approved, and fetches its token once", () =>
  inObject("pairing", async ({ auth, clock }) => {
    const device = await createTestDevice();
    const socket = { principal: anonymous, nonce: "n", address: "192.0.2.1" };
    const knock = async () => auth.connect(await device.connect({ nonce: "n", signedAt: clock.now() }), socket);
    await expect(knock()).rejects.toMatchObject({ code: "DEVICE_NOT_PAIRED" });
    const [request] = auth.pairings.list();
    auth.pairings.approve(owner, request?.requestId ?? "", { code: request?.code ?? "" });
    expect((await knock()).deviceToken).toMatch(/^[\w-]{43}$/);
    await expect(knock()).rejects.toMatchObject({ code: "DEVICE_NOT_PAIRED" });
  }));

test("a token outside ASCII by bearer, the host key, and ten failures", () =>
  inObject("bearer", async ({ auth, secrets }) => {
    const identify = (bearer: string, ip = "192.0.2.1:1") =>
      auth.identify(requestFrom(ip, "http://localhost/api/x", { headers: { authorization: `Bearer ${bearer}` } }));
    secrets.set("gateway.token", "pässwörd 🦞", "typed");
    const utf8 = String.fromCharCode(...new TextEncoder().encode("pässwörd 🦞"));
    expect((await identify(utf8)).kind).toBe("owner");
    expect((await identify(HOST_KEY)).kind).toBe("owner");
    for (let index = 0; index < 10; index += 1)
      expect(await identify(`wrong-${index}`)).toMatchObject({ refusal: { code: "AUTH_TOKEN_MISMATCH" } });
    expect(await identify(HOST_KEY)).toMatchObject({ refusal: { code: "AUTH_RATE_LIMITED", retryAfterMs: 300_000 } });
    await expect(
      auth.connect(connectParams({ auth: { token: "pässwörd 🦞" } }), { principal: anonymous, nonce: "n", address: "192.0.2.1" }),
    ).rejects.toMatchObject({ code: "AUTH_RATE_LIMITED" });
  }));

test("a key that is no point of the curve is refused, not thrown", () =>
  inObject("curve", async ({ auth, clock }) => {
    const publicKey = new Uint8Array(32).fill(255);
    const id = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    const device = { id, publicKey: `${"_".repeat(42)}8`, signature: "A".repeat(86), signedAt: clock.now(), nonce: "n" };
    const socket = { principal: anonymous, nonce: "n", address: "192.0.2.1" };
    await expect(auth.connect(connectParams({ auth: { token: TOKEN }, device }), socket)).rejects.toMatchObject({
      code: "DEVICE_SIGNATURE_INVALID",
    });
  }));
