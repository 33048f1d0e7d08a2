/** Passkeys: every way in which an answer can be wrong, each with its own reason; one use, one page, one counter. */

import type { MoltError } from "@moltworker/protocol/errors";
import { scopes as allScopes } from "@moltworker/protocol/scopes";
import { beforeEach, describe, expect, test } from "vitest";
import { type Answering, createAuthenticator, type SoftAuthenticator } from "../../../../tests/support/authenticator.ts";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { cookieOf, createTestIdentity, requestFrom, type TestIdentity } from "../../../../tests/support/identity.ts";
import { CHALLENGE_MS } from "./challenges.ts";
import { passkeyPlace } from "./passkey-place.ts";
import { assertionSchema, registrationSchema } from "./passkey-proof.ts";
import type { Principal } from "./principal.ts";

const owner: Principal = { kind: "owner", id: "ws_1", scopes: allScopes, via: "cookie" };
const place = { rpId: "molt.example", origin: "https://molt.example" };
const visit = (address = "192.0.2.1") => ({ address, secure: true });

let identity: TestIdentity;
let key: SoftAuthenticator;
beforeEach(() => {
  identity = createTestIdentity(createTestDatabase());
  key = createAuthenticator();
});

async function register(from = key, over: Partial<Answering> = {}, by = owner) {
  const { challenge } = await identity.auth.passkeys.registerOptions(by, place, "Owner", "192.0.2.1");
  const answer = registrationSchema.parse(from.create({ ...place, challenge, ...over }));
  return identity.auth.passkeys.register(owner, place, answer, "Laptop");
}
async function signIn(over: Partial<Answering> = {}, from = key, address?: string, at = place) {
  const { challenge } = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
  const answer = assertionSchema.parse(from.get({ ...place, challenge, ...over }));
  return identity.auth.redeemPasskey(at, answer, visit(address));
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (thrown: MoltError) => `${thrown.code} ${thrown.details.reason ?? ""}`.trim(),
  );
const principalOf = (setCookie: string) =>
  identity.auth.identify(requestFrom("192.0.2.1:1", "https://molt.example/ws", { headers: { cookie: cookieOf(setCookie) } }));

describe("a passkey", () => {
  test("signs its owner in, as often as it counts on; the session says how it came", async () => {
    const made = await register();
    expect(made).toMatchObject({ label: "Laptop", host: "molt.example", usedAt: null, backedUp: false });
    for (const counter of [1, 2, 7]) {
      const { setCookie } = await signIn({ counter });
      expect(await principalOf(setCookie)).toMatchObject({ kind: "owner", via: "cookie" });
    }
    expect(identity.auth.listSessions()).toMatchObject([{ by: "passkey" }, { by: "passkey" }, { by: "passkey" }]);
    expect(identity.audit.list({ limit: 1 })).toMatchObject([
      { action: "sign-in", outcome: "ok", detail: "with the passkey Laptop" },
    ]);
  });

  test("that never counts is as good", async () => {
    await register();
    for (let index = 0; index < 3; index += 1) await expect(signIn()).resolves.toBeDefined();
  });

  test("is offered with what authenticators need, and to a stranger without naming any", async () => {
    await register();
    const options = await identity.auth.passkeys.registerOptions(owner, place, "Molty (molt.example)", "192.0.2.1");
    expect(options).toMatchObject({
      rp: { id: "molt.example" },
      excludeCredentials: [{ id: key.id }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    });
    expect(identity.auth.passkeys.existsAt("molt.example")).toBe(true);
    expect(identity.auth.passkeys.existsAt("other.example")).toBe(false);
    const asked = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
    expect(asked.allowCredentials).toEqual([]);
    expect(JSON.stringify(asked)).not.toContain(key.id);
  });

  test("is bound to this assistant: its user handle is stable, another one is refused", async () => {
    const options = await identity.auth.passkeys.registerOptions(owner, place, "x", "192.0.2.1");
    expect((await identity.restart().passkeys.registerOptions(owner, place, "y", "192.0.2.1")).user.id).toBe(options.user.id);
    expect(Buffer.from(options.user.id, "base64url").toString("base64url")).toBe(options.user.id);
    await register();
    await expect(signIn({ userHandle: options.user.id })).resolves.toBeDefined();
    expect(await refusal(signIn({ userHandle: "AAAA" }))).toBe("PASSKEY_INVALID unknown");
  });
});

describe("an answer that is not accepted", () => {
  const cases: [string, string, () => Promise<unknown>][] = [
    ["of a passkey nobody registered", "unknown", () => signIn({}, createAuthenticator())],
    ["for another page", "origin", () => signIn({ origin: "https://evil.example" })],
    ["sent from another page", "origin", () => signIn({}, key, undefined, { ...place, origin: "https://molt.example:8443" })],
    ["for another host name", "host", () => signIn({ rpId: "evil.example" })],
    ["without a look at who holds it", "user-verification", () => signIn({ flags: 0x01 })],
    ["without anybody present", "user-verification", () => signIn({ flags: 0x04 })],
    ["of another kind", "signature", () => signIn({ type: "webauthn.create" })],
    ["changed after it was signed", "signature", () => signIn({ tamper: true })],
    ["to a challenge of its own", "challenge", () => signIn({ challenge: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })],
  ];
  test.each(cases)("%s: %s", async (_, reason, attempt) => {
    await register();
    expect(await refusal(attempt())).toBe(`PASSKEY_INVALID ${reason}`);
    expect(identity.auth.listSessions()).toEqual([]);
    expect(identity.audit.list({ limit: 1 })).toMatchObject([
      { who: "nobody", action: "credential", outcome: "PASSKEY_INVALID" },
    ]);
  });

  test("twice: the second time it is too late", async () => {
    await register();
    const { challenge } = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
    const answer = assertionSchema.parse(key.get({ ...place, challenge, counter: 5 }));
    await identity.auth.redeemPasskey(place, answer, visit());
    expect(await refusal(identity.auth.redeemPasskey(place, answer, visit()))).toBe("PASSKEY_INVALID challenge");
  });

  test("two at once: one gets in", async () => {
    await register();
    const { challenge } = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
    const answer = assertionSchema.parse(key.get({ ...place, challenge }));
    const both = await Promise.all([1, 2].map(() => refusal(identity.auth.redeemPasskey(place, answer, visit()))));
    expect(both.sort()).toEqual(["PASSKEY_INVALID challenge", undefined]);
  });

  test("after five minutes", async () => {
    await register();
    const { challenge } = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
    identity.clock.advance(CHALLENGE_MS);
    const answer = assertionSchema.parse(key.get({ ...place, challenge }));
    expect(await refusal(identity.auth.redeemPasskey(place, answer, visit()))).toBe("PASSKEY_INVALID challenge");
  });

  test("that counts lower than before, as a copy would", async () => {
    await register();
    await signIn({ counter: 9 });
    for (const counter of [9, 3, 0]) expect(await refusal(signIn({ counter }))).toBe("PASSKEY_INVALID counter");
    await expect(signIn({ counter: 10 })).resolves.toBeDefined();
  });

  test("to a challenge for registering, and the other way round", async () => {
    await register();
    const { challenge } = await identity.auth.passkeys.registerOptions(owner, place, "x", "192.0.2.1");
    expect(await refusal(signIn({ challenge }))).toBe("PASSKEY_INVALID challenge");
    const asked = await identity.auth.passkeys.signInOptions(place, "192.0.2.1");
    expect(await refusal(register(createAuthenticator(), { challenge: asked.challenge }))).toBe("PASSKEY_INVALID challenge");
  });

  test("1,000 from one address: ten are looked at, then not even the right one", async () => {
    await register();
    const stranger = createAuthenticator();
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 1_000; index += 1) codes.push(await refusal(signIn({}, stranger, "198.51.100.9")));
    expect(new Set(codes.slice(0, 10))).toEqual(new Set(["PASSKEY_INVALID unknown"]));
    expect(new Set(codes.slice(10))).toEqual(new Set(["AUTH_RATE_LIMITED"]));
    expect(await refusal(signIn({}, key, "198.51.100.9"))).toBe("AUTH_RATE_LIMITED");
    await expect(signIn()).resolves.toBeDefined();
  });
});

describe("registering", () => {
  test("belongs to who asked for it, and each authenticator counts once", async () => {
    const other: Principal = { ...owner, id: "ws_2" } as Principal;
    expect(await refusal(register(key, {}, other))).toBe("PASSKEY_INVALID challenge");
    await register();
    expect(await refusal(register())).toBe("PASSKEY_INVALID taken");
  });

  test.each([
    ["another page", { origin: "https://evil.example" }, "origin"],
    ["another host name", { rpId: "evil.example" }, "host"],
    ["no verification", { flags: 0x01 }, "user-verification"],
  ])("with %s is refused", async (_, over, reason) => {
    expect(await refusal(register(key, over))).toBe(`PASSKEY_INVALID ${reason}`);
    expect(identity.auth.passkeys.list()).toEqual([]);
  });

  test("rubbish is refused, and keeps nothing", async () => {
    for (const response of [
      { clientDataJSON: "AAAA", attestationObject: "AAAA" },
      { clientDataJSON: "", attestationObject: "" },
    ]) {
      const answer = { id: "AA", rawId: "AA", type: "public-key" as const, response };
      expect(await refusal(identity.auth.passkeys.register(owner, place, answer, "x"))).toBe("PASSKEY_INVALID malformed");
    }
  });

  test("challenges have an end: an address keeps its newest fifty", async () => {
    for (let index = 0; index < 200; index += 1) await identity.auth.passkeys.signInOptions(place, "192.0.2.7");
    expect(identity.db.one("SELECT COUNT(*) AS count FROM auth_challenges")).toEqual({ count: 50 });
  });
});

test("removed: it signs nobody in, its sessions are over, and it cannot be registered again", async () => {
  const { id } = await register();
  const { setCookie } = await signIn({ counter: 1 });
  const principal = await principalOf(setCookie);
  expect(identity.auth.stillValid(principal)).toBe(true);
  identity.auth.passkeys.remove(id);
  expect(identity.auth.stillValid(principal)).toBe(false);
  expect(await principalOf(setCookie)).toMatchObject({ kind: "anonymous", refusal: { code: "AUTH_EXPIRED" } });
  expect(await refusal(signIn({ counter: 2 }))).toBe("PASSKEY_INVALID unknown");
  expect(await refusal(register())).toBe("PASSKEY_INVALID taken");
  expect(() => identity.auth.passkeys.rename(id, "x")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
});

describe("where", () => {
  const at = (origin: string | null) => () =>
    passkeyPlace(requestFrom("127.0.0.1:1", "http://localhost/", origin === null ? {} : { headers: { origin } }));

  test.each(["http://localhost:7777", "http://molt.localhost", "https://molt.example", "https://molt.example:8443"])(
    "%s has passkeys",
    (origin) => {
      expect(at(origin)()).toEqual({ rpId: new URL(origin).hostname, origin });
    },
  );

  test.each([
    ["http://127.0.0.1:7777", "address", "http://localhost:7777/"],
    ["http://[::1]:7777", "address", "http://localhost:7777/"],
    ["https://192.168.1.4", "address", undefined],
    ["http://nas.local:7777", "insecure", undefined],
  ])("%s has none, and says why and what to do", (origin, reason, open) => {
    expect(at(origin)).toThrow(
      expect.objectContaining({
        code: "PASSKEY_UNAVAILABLE",
        details: { reason, ...(open ? { open } : {}) },
        hint: expect.stringContaining(open ?? "https"),
      }),
    );
  });

  test("a program without a page has none", () => {
    expect(at(null)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
  });
});
