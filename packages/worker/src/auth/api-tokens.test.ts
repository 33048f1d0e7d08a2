/** Tokens for programs and the rotation of the gateway token: what they open, and when they stop. */

import { scopes as allScopes, hasScope } from "@moltworker/protocol/scopes";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { connectParams, createTestDevice } from "../../../../tests/support/device.ts";
import { cookieOf, createTestIdentity, requestFrom, type TestIdentity, TOKEN } from "../../../../tests/support/identity.ts";
import { createRandom } from "../../../../tests/support/random.ts";
import type { NewApiToken } from "./api-tokens.ts";
import { anonymous, type Principal } from "./principal.ts";

const owner: Principal = { kind: "owner", id: "ws_1", scopes: allScopes, via: "cookie" };
const here = { address: "127.0.0.1", secure: false };
const code = (expected: string) => expect.objectContaining({ code: expected });

let identity: TestIdentity;
beforeEach(() => {
  identity = createTestIdentity(createTestDatabase());
});

const make = (wanted: Partial<NewApiToken> = {}) =>
  identity.auth.apiTokens.create(owner, { label: "script", scopes: ["operator.read"], ...wanted });
const bearer = (token: string, path = "/api/blobs/x") =>
  identity.auth.identify(
    requestFrom("192.0.2.1:9", `http://localhost:8787${path}`, { headers: { authorization: `Bearer ${token}` } }),
  );
const connect = (token: string, over: object = {}) =>
  identity.auth.connect(connectParams({ auth: { token }, ...over }), { principal: anonymous, nonce: "n", address: "192.0.2.1" });

describe("an API token", () => {
  test("is a bearer on /api/ and a token in connect, with the stored scopes and no others", async () => {
    const { token, row } = await make();
    const expected = { kind: "api", id: row.id, scopes: ["operator.read"], via: "api" };
    expect(token).toMatch(/^molt_[\w-]{43}$/);
    expect(await bearer(token)).toEqual(expected);
    expect((await connect(token, { scopes: [...allScopes] })).principal).toEqual(expected);
    expect((await connect(token, { scopes: [] })).principal.scopes).toEqual([]);
    expect(identity.auth.apiTokens.list()).toMatchObject([{ label: "script", usedAt: identity.clock.now(), expiresAt: null }]);
  });

  test("is in no table and no log", async () => {
    const { token } = await make();
    await connect(token);
    expect(JSON.stringify(identity.db.all("SELECT * FROM auth_api_tokens"))).not.toContain(token);
    expect(identity.logged.join("\n")).not.toContain(token);
  });

  test("opens nothing outside /api/ and no browser session", async () => {
    const { token } = await make({ scopes: ["operator.admin"] });
    expect((await bearer(token, "/ws")).kind).toBe("anonymous");
    await expect(identity.auth.redeemToken(token, here)).rejects.toMatchObject({
      code: "AUTH_TOKEN_MISMATCH",
      hint: expect.stringContaining("for programs"),
    });
  });

  test("ends at its hour, to the millisecond, also on a live socket", async () => {
    const { token } = await make({ expiresAt: identity.clock.now() + 1_000 });
    const { principal } = await connect(token);
    identity.clock.advance(999);
    expect(identity.auth.stillValid(principal)).toBe(true);
    identity.clock.advance(1);
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect(() => identity.auth.authorize(principal, "socket", "health")).toThrow(code("AUTH_EXPIRED"));
    expect(await bearer(token)).toMatchObject({ kind: "anonymous", refusal: { code: "AUTH_TOKEN_MISMATCH" } });
    expect(identity.auth.apiTokens.list()).toEqual([]);
  });

  test("revoked is dead for good", async () => {
    const { token, row } = await make();
    const { principal } = await connect(token);
    identity.auth.apiTokens.revoke(row.id);
    expect(identity.auth.stillValid(principal)).toBe(false);
    await expect(connect(token)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
    expect(() => identity.auth.apiTokens.revoke(row.id)).toThrow(code("NOT_FOUND"));
  });

  test("never holds more than its maker (300 drawn cases), and an end to come", async () => {
    const random = createRandom(11);
    for (let index = 0; index < 300; index += 1) {
      const [asked, held] = [allScopes.filter(() => random.chance(0.5)), allScopes.filter(() => random.chance(0.5))];
      const by: Principal = { kind: "device", id: "d", scopes: held, via: "device", grant: 0 };
      const made = await identity.auth.apiTokens.create(by, { label: "x", scopes: asked }).catch((error: unknown) => error);
      const may = asked.length > 0 && asked.every((scope) => hasScope(held, scope));
      if (may) identity.auth.apiTokens.revoke((made as { row: { id: string } }).row.id);
      else expect(made).toMatchObject({ code: asked.every((scope) => hasScope(held, scope)) ? "INVALID_REQUEST" : "FORBIDDEN" });
    }
    expect(identity.auth.apiTokens.list()).toEqual([]);
    await expect(make({ expiresAt: identity.clock.now() })).rejects.toThrow(code("INVALID_REQUEST"));
  });

  test("1,000 wrong ones: ten are looked at, whatever their shape", async () => {
    const { token } = await make();
    const codes: string[] = [];
    for (let index = 0; index < 1_000; index += 1)
      codes.push(((await connect(`molt_${"A".repeat(39)}${1_000 + index}`).catch((error) => error)) as { code: string }).code);
    expect(codes.slice(0, 10)).toEqual(Array(10).fill("AUTH_TOKEN_MISMATCH"));
    expect(new Set(codes.slice(10))).toEqual(new Set(["AUTH_RATE_LIMITED"]));
    expect(await bearer(token)).toMatchObject({ refusal: { code: "AUTH_RATE_LIMITED" } });
  });

  test("with a device's proof that does not hold is refused", async () => {
    const { token } = await make();
    const device = await createTestDevice();
    const params = await device.connect({ nonce: "another", signedAt: identity.clock.now(), auth: { token } });
    await expect(identity.auth.connect(params, { principal: anonymous, nonce: "n", address: "192.0.2.1" })).rejects.toThrow(
      code("DEVICE_SIGNATURE_INVALID"),
    );
  });
});

describe("rotation of the gateway token", () => {
  const rotate = (typed?: string, by: Principal = owner) => identity.auth.rotateGatewayToken(by, typed);

  test("the old one is dead at once, with every session and socket that rested on it; links and devices stay", async () => {
    const byToken = await identity.auth.redeemToken(TOKEN, here);
    const byLink = await identity.auth.redeemLink((await identity.auth.createLink()).code, here);
    const { principal: socket } = await connect(TOKEN);
    const { token, notes } = rotate();
    expect([token, notes]).toEqual([expect.stringMatching(/^[\w-]{43}$/), []]);
    await expect(connect(TOKEN)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
    for (const principal of [byToken.principal, socket]) expect(identity.auth.stillValid(principal)).toBe(false);
    expect(identity.auth.stillValid(byLink.principal)).toBe(true);
    expect((await connect(token as string)).principal.kind).toBe("owner");
    const again = identity.restart();
    await expect(again.redeemToken(TOKEN, here)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
  });

  test("the browser that asks for it stays signed in", async () => {
    const mine = await identity.auth.redeemToken(TOKEN, here);
    const other = await identity.auth.redeemToken(TOKEN, here);
    rotate("another token of mine", mine.principal);
    expect(identity.auth.stillValid(mine.principal)).toBe(true);
    expect(identity.auth.stillValid(other.principal)).toBe(false);
    const request = requestFrom("127.0.0.1:1", "http://localhost/ws", { headers: { cookie: cookieOf(mine.setCookie) } });
    expect(await identity.auth.identify(request)).toEqual(mine.principal);
  });

  test("any secret of 1 to 512 bytes is taken and works, or is refused with the reason and nothing changed (400 drawn)", async () => {
    const random = createRandom(42);
    const letters = [..."abcXYZ019 \t'\"\\+/=#&%?:;,.<>|~`^$!@*()[]{}_-äßø漢字🦞\n"];
    let working = TOKEN;
    for (let index = 0; index < 400; index += 1) {
      const typed = Array.from({ length: 1 + random.below(200) }, () => random.pick(letters)).join("");
      const bytes = new TextEncoder().encode(typed.trim()).length;
      try {
        const { notes, token } = rotate(typed);
        expect([token, bytes > 0 && bytes <= 512]).toEqual([undefined, true]);
        expect(notes.some((note) => note.includes("White space"))).toBe(typed !== typed.trim());
        working = typed;
      } catch (error) {
        expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("gateway token: ") });
        expect(bytes === 0 || bytes > 512).toBe(true);
      }
      await expect(connect(working)).resolves.toMatchObject({ principal: { kind: "owner" } });
    }
  });

  test.each([
    ["123456789:AAE-abcdefghijklmnopqrstuvwxyz012345", "a Telegram bot token"],
    ["sk-ant-api03-abcdefghijklmnop", "an Anthropic API key"],
    ["https://assistant.example/#abcdefghijklmnopqrstuvwxyz", "a link"],
    [`molt_${"a".repeat(43)}`, "an API token of this assistant"],
    ["", "empty"],
    ["x".repeat(513), "513 bytes"],
    ["ä".repeat(257), "514 bytes"],
  ])("%s is refused: %s", async (typed, reason) => {
    expect(() => rotate(typed)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(reason) }),
    );
    await expect(connect(TOKEN)).resolves.toBeDefined();
  });

  test("what may be meant for elsewhere or is short is taken, and said", () => {
    expect(rotate("a".repeat(40)).notes).toEqual([expect.stringContaining("Cloudflare")]);
    expect(rotate("short").notes).toEqual([expect.stringContaining("short")]);
    expect(rotate("short").notes).toContainEqual(expect.stringContaining("nothing changed"));
  });
});

test("signed-in browsers are listed and ended one by one", async () => {
  const one = await identity.auth.redeemToken(TOKEN, { ...here, agent: "Firefox" });
  const two = await identity.auth.redeemLink((await identity.auth.createLink()).code, here);
  expect(identity.auth.listSessions()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: one.principal.id, by: "token", agent: "Firefox", address: "127.0.0.1" }),
      expect.objectContaining({ id: two.principal.id, by: "link", agent: null }),
    ]),
  );
  expect(identity.auth.endSessionById(one.principal.id)).toBe(true);
  expect(identity.auth.endSessionById(one.principal.id)).toBe(false);
  expect(identity.auth.listSessions().map(({ id }) => id)).toEqual([two.principal.id]);
});
