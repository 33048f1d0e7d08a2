/** Browsers, links, tokens and bearers, from outside: what each credential gives, and when it stops. */

import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import {
  cookieOf,
  createTestIdentity,
  gatewayTokenName,
  HOST_KEY,
  requestFrom,
  type TestIdentity,
  TOKEN,
} from "../../../../tests/support/identity.ts";
import { createRandom, type Random } from "../../../../tests/support/random.ts";
import type { Visit } from "./auth.ts";
import type { Principal } from "./principal.ts";
import { LINK_MS, SESSION_MS } from "./web-sessions.ts";

const here: Visit = { address: "127.0.0.1", secure: false };
const far: Visit = { address: "192.0.2.1", secure: false };
const code = (expected: string) => expect.objectContaining({ code: expected });

let identity: TestIdentity;
beforeEach(() => {
  identity = createTestIdentity(createTestDatabase());
});

const withCookie = (setCookie: string, url = "http://localhost:8787/ws") =>
  requestFrom("127.0.0.1:9", url, { headers: { cookie: `a=b; ${cookieOf(setCookie)}; c=d` } });
const withBearer = (bearer: string, path = "/api/host/status", ip = "127.0.0.1:9") =>
  requestFrom(ip, `http://localhost:8787${path}`, { headers: { authorization: `Bearer ${bearer}` } });
const refusalOf = (principal: Principal) =>
  principal.kind === "anonymous" ? (principal.refusal?.code ?? "none") : principal.kind;

describe("one-time links", () => {
  test("a code opens one session and is dead at once", async () => {
    const { auth } = identity;
    const link = await auth.createLink();
    expect(atobLength(link.code)).toBeGreaterThanOrEqual(16);
    const { setCookie, principal } = await auth.redeemLink(link.code, here);
    expect(principal).toMatchObject({ kind: "owner", via: "cookie" });
    expect(await auth.identify(withCookie(setCookie))).toEqual(principal);
    await expect(auth.redeemLink(link.code, here)).rejects.toThrow(code("AUTH_LINK_INVALID"));
  });

  test("two browsers that hold the same code at the same moment: one gets in", async () => {
    const { auth } = identity;
    const link = await auth.createLink();
    const results = await Promise.allSettled([1, 2, 3].map(() => auth.redeemLink(link.code, here)));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });

  test("it lives ten minutes and no longer, across restarts", async () => {
    const { auth, clock, restart } = identity;
    const old = await auth.createLink();
    const fresh = await auth.createLink();
    expect(fresh.expiresAt).toBe(clock.now() + LINK_MS);
    clock.advance(LINK_MS - 1);
    await restart().redeemLink(fresh.code, here);
    clock.advance(1);
    await expect(auth.redeemLink(old.code, here)).rejects.toThrow(code("AUTH_LINK_INVALID"));
  });

  test("neither code, token nor session secret is in the database or the log", async () => {
    const { auth, db, logged } = identity;
    const link = await auth.createLink();
    const { setCookie } = await auth.redeemToken(TOKEN, here);
    await auth.redeemToken("wrong-canary-secret", here).catch(() => undefined);
    const secret = cookieOf(setCookie).split("=")[1] as string;
    const rows = ["auth_links", "auth_sessions", "auth_attempts", "auth_devices", "auth_device_tokens"].flatMap((table) =>
      db.all(`SELECT * FROM ${table}`),
    );
    for (const canary of [link.code, secret, "wrong-canary-secret", TOKEN]) {
      expect(JSON.stringify(rows)).not.toContain(canary);
      expect(logged.join("\n")).not.toContain(canary);
    }
  });
});

describe("the cookie", () => {
  test("http: HttpOnly, Strict, for the whole host; https: Secure with the __Host- prefix", async () => {
    const { auth } = identity;
    const plain = (await auth.redeemToken(TOKEN, here)).setCookie;
    const secure = (await auth.redeemToken(TOKEN, { ...here, secure: true })).setCookie;
    expect(plain).toMatch(/^molt_session_\w+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    expect(secure).toMatch(/^__Host-molt_session_\w+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=\d+$/);
    expect(await auth.identify(withCookie(secure, "https://localhost:8787/ws"))).toMatchObject({ kind: "owner" });
    expect(await auth.identify(withCookie(plain, "https://localhost:8787/ws"))).toMatchObject({ kind: "anonymous" });
  });

  test("two assistants on one host do not take each other's", async () => {
    const other = createTestIdentity(createTestDatabase());
    const mine = (await identity.auth.redeemToken(TOKEN, here)).setCookie;
    const theirs = (await other.auth.redeemToken(TOKEN, here)).setCookie;
    expect(mine.split("=")[0]).not.toBe(theirs.split("=")[0]);
    expect(await other.auth.identify(withCookie(mine))).toEqual({ kind: "anonymous", id: "anonymous", scopes: [], via: "none" });
    expect(identity.restart().clearCookie(false).split("=")[0]).toBe(mine.split("=")[0]);
  });

  test("thirty days without use end it; use renews it", async () => {
    const { auth, clock } = identity;
    const { setCookie, principal } = await auth.redeemToken(TOKEN, here);
    for (let month = 0; month < 3; month += 1) {
      clock.advance(SESSION_MS - 1_000);
      expect(await auth.identify(withCookie(setCookie))).toEqual(principal);
    }
    clock.advance(SESSION_MS + 1);
    expect(refusalOf(await auth.identify(withCookie(setCookie)))).toBe("AUTH_EXPIRED");
    expect(auth.stillValid(principal)).toBe(false);
  });

  test("sign-out is final, for one and for all", async () => {
    const { auth, restart } = identity;
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => auth.redeemToken(TOKEN, here)));
    if (!one || !two || !three) throw new Error("three were asked for");
    expect(auth.endSession(one.principal)).toEqual([one.principal.id]);
    expect(auth.endSession(one.principal)).toEqual([]);
    expect(refusalOf(await auth.identify(withCookie(one.setCookie)))).toBe("AUTH_EXPIRED");
    expect(() => auth.authorize(one.principal, "socket", "health")).toThrow(code("AUTH_EXPIRED"));
    expect(await auth.identify(withCookie(two.setCookie))).toEqual(two.principal);
    expect(auth.endAllSessions().sort()).toEqual([two.principal.id, three.principal.id].sort());
    for (const { setCookie } of [two, three])
      expect(refusalOf(await restart().identify(withCookie(setCookie)))).toBe("AUTH_EXPIRED");
  });
});

describe("the gateway token", () => {
  test.each(["MOLTBOT_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN"])("%s seeds it", async (name) => {
    const { auth } = createTestIdentity(createTestDatabase(), { [name]: "from the environment" });
    await expect(auth.redeemToken(" from the environment ", here)).resolves.toBeDefined();
  });

  test("without one in the environment a long one is made, once", async () => {
    const made = createTestIdentity(createTestDatabase(), {});
    const token = made.secrets.get(gatewayTokenName) as string;
    expect(token).toMatch(/^[\w-]{43}$/);
    made.restart();
    expect(made.secrets.get(gatewayTokenName)).toBe(token);
    await expect(made.auth.redeemToken(token, here)).resolves.toBeDefined();
  });

  test("rotation: the new one works at once; the old one, its sessions and its sockets are dead; a link's session stays", async () => {
    const { auth, secrets } = identity;
    const opened = await auth.redeemToken(TOKEN, here);
    const linked = await auth.redeemLink((await auth.createLink()).code, here);
    const bearer = await auth.identify(withBearer(TOKEN));
    expect([opened.principal, linked.principal, bearer].map(auth.stillValid)).toEqual([true, true, true]);
    secrets.set(gatewayTokenName, "the next token", "typed");
    expect([opened.principal, linked.principal, bearer].map(auth.stillValid)).toEqual([false, true, false]);
    expect(refusalOf(await auth.identify(withCookie(opened.setCookie)))).toBe("AUTH_EXPIRED");
    await expect(auth.redeemToken(TOKEN, here)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
    await expect(auth.redeemToken("the next token", here)).resolves.toBeDefined();
    secrets.set(gatewayTokenName, TOKEN, "typed");
    expect(auth.stillValid(bearer)).toBe(false);
  });

  test("a check that is under way while the token changes does not pass on the old one", async () => {
    const pending = identity.auth.redeemToken(TOKEN, here);
    identity.secrets.set(gatewayTokenName, "the next token", "typed");
    await expect(pending).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
  });

  test("an empty, near, longer or shorter one is refused", async () => {
    const { auth } = identity;
    await expect(auth.redeemToken("  ", here)).rejects.toThrow(code("AUTH_TOKEN_MISSING"));
    for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), `${TOKEN}\u0000`]) {
      await expect(auth.redeemToken(wrong, here)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
    }
  });

  test("any token of 1 to 512 bytes signs in by form and by bearer", async () => {
    const random = createRandom(7);
    for (let round = 0; round < 150; round += 1) {
      const token = anyToken(random);
      const { auth } = createTestIdentity(createTestDatabase(), { MOLTBOT_GATEWAY_TOKEN: token });
      await expect(auth.redeemToken(token, here)).resolves.toBeDefined();
      const bytes = new TextEncoder().encode(token);
      // What a header can carry: each byte as one character, no line breaks.
      if (/[\u0000-\u001f\u007f]/.test(token)) continue;
      const header = String.fromCharCode(...bytes);
      const principal = await auth.identify(withBearer(header));
      expect([token, principal.kind]).toEqual([token, "owner"]);
    }
  });

  test.each([
    ["123456789:AAE-abcdefghijklmnopqrstuvwxyz012345", "Telegram"],
    ["sk-ant-api03-abcdefghijkl", "Anthropic"],
    ["sk-proj-abcdefghijkl", "OpenAI"],
    ["AIzaSyA-abcdefghijklmnopqrstuvwxyz01234", "Google"],
    ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "JWT"],
    ["v1abcdefghijklmnopqrstuvwxyz0123456789ABC".slice(0, 40), "Cloudflare"],
    ["http://127.0.0.1:8787/#abcdefghijklmnopqrstuvwxyz", "link"],
  ])("a secret of another kind is named, not repeated: %s", async (secret, kind) => {
    const error = await identity.auth
      .redeemToken(secret, here)
      .catch((thrown: { message: string; hint: string; details: object }) => thrown);
    const { message, hint, details } = error as { message: string; hint: string; details: object };
    expect(hint).toContain(kind);
    expect(JSON.stringify({ message, hint, details })).not.toContain(secret);
  });
});

describe("bearers", () => {
  test("the host key and the token are accepted under /api/ and the OpenAI-compatible API, and nowhere else", async () => {
    const { auth } = identity;
    expect(await auth.identify(withBearer(HOST_KEY))).toMatchObject({ kind: "owner", via: "host" });
    expect(await auth.identify(withBearer(TOKEN))).toMatchObject({ kind: "owner", via: "token" });
    for (const path of ["/v1/models", "/v1/models/a/b", "/v1/chat/completions", "/v1/responses", "/v1/responses/resp_1"])
      expect(await auth.identify(withBearer(TOKEN, path))).toMatchObject({ kind: "owner", via: "token" });
    for (const path of ["/", "/ws", "/readyz", "/apix/", "/v1/account/gateway/openai/chat/completions", "/v1/modelsx"])
      expect((await auth.identify(withBearer(TOKEN, path))).kind).toBe("anonymous");
  });

  test("a wrong one says so; identify never throws", async () => {
    const { auth } = identity;
    expect(refusalOf(await auth.identify(withBearer("wrong")))).toBe("AUTH_TOKEN_MISMATCH");
    expect(
      refusalOf(
        await auth.identify(requestFrom("127.0.0.1:1", "http://localhost/api/x", { headers: { authorization: "Basic abc" } })),
      ),
    ).toBe("none");
  });

  test("without a host key no bearer is the host", async () => {
    for (const bearer of ["undefined", "null", "''"])
      expect((await identity.auth.identify(withBearer(bearer))).kind).toBe("anonymous");
  });

  test("forged forwarding and identity headers give nothing", async () => {
    const headers = {
      "cf-connecting-ip": "127.0.0.1",
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      forwarded: "for=127.0.0.1;host=localhost",
      "cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.e30.",
      "cf-access-authenticated-user-email": "owner@example.org",
      "x-forwarded-user": "owner",
      "x-worker-debug": "1",
      "x-openclaw-scopes": "operator.admin",
      "tailscale-user-login": "owner",
      cookie: "CF_Authorization=eyJhbGciOiJub25lIn0.e30.",
    };
    const principal = await identity.auth.identify(requestFrom("127.0.0.1:1", "http://localhost/api/host/status", { headers }));
    expect(principal).toEqual({ kind: "anonymous", id: "anonymous", scopes: [], via: "none" });
  });
});

describe("too many failures", () => {
  const shapes: [string, (identity: TestIdentity, index: number) => Promise<string>][] = [
    ["a token in the form", ({ auth }, index) => auth.redeemToken(`wrong-${index}`, far).then(() => "in", codeOf)],
    ["a link code", ({ auth }, index) => auth.redeemLink(`wrong-${index}`, far).then(() => "in", codeOf)],
    [
      "a bearer",
      async ({ auth }, index) => refusalOf(await auth.identify(withBearer(`wrong-${index}`, "/api/x", "192.0.2.1:7"))),
    ],
    [
      "a cookie",
      async ({ auth }, index) => {
        const name = auth.clearCookie(false).split("=")[0];
        return refusalOf(
          await auth.identify(
            requestFrom("192.0.2.1:7", "http://192.0.2.9/ws", { headers: { cookie: `${name}=wrong-${index}` } }),
          ),
        );
      },
    ],
  ];

  test.each(shapes)(
    "1,000 wrong secrets as %s: ten are looked at, then the right one is refused too, for five minutes",
    async (_, attempt) => {
      const answers: string[] = [];
      for (let index = 0; index < 1_000; index += 1) answers.push(await attempt(identity, index));
      expect(answers.slice(0, 10)).not.toContain("AUTH_RATE_LIMITED");
      expect(new Set(answers.slice(10))).toEqual(new Set(["AUTH_RATE_LIMITED"]));
      const { auth, clock, restart } = identity;
      await expect(auth.redeemToken(TOKEN, far)).rejects.toThrow(
        expect.objectContaining({ code: "AUTH_RATE_LIMITED", retryAfterMs: 300_000 }),
      );
      await expect(restart().redeemToken(TOKEN, far)).rejects.toThrow(code("AUTH_RATE_LIMITED"));
      await expect(auth.redeemToken(TOKEN, { ...far, address: "192.0.2.2" })).resolves.toBeDefined();
      clock.advance(300_000);
      await expect(auth.redeemToken(TOKEN, far)).resolves.toBeDefined();
    },
  );

  test("parallel guesses share the ten", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => identity.auth.redeemToken(`wrong-${index}`, far).then(() => "in", codeOf)),
    );
    expect(answers.filter((answer) => answer === "AUTH_TOKEN_MISMATCH")).toHaveLength(10);
  });

  test("changing the shape does not help", async () => {
    for (let index = 0; index < 12; index += 1) await shapes[index % shapes.length]?.[1](identity, index);
    for (const [, attempt] of shapes) expect(await attempt(identity, 99)).toBe("AUTH_RATE_LIMITED");
  });

  test("success clears the count of its own address alone", async () => {
    const { auth } = identity;
    const other: Visit = { ...far, address: "192.0.2.2" };
    for (let index = 0; index < 9; index += 1)
      for (const visit of [far, other]) await auth.redeemToken("wrong", visit).catch(codeOf);
    await auth.redeemToken(TOKEN, far);
    expect(await auth.redeemToken("wrong", other).catch(codeOf)).toBe("AUTH_TOKEN_MISMATCH");
    expect(await auth.redeemToken(TOKEN, other).catch(codeOf)).toBe("AUTH_RATE_LIMITED");
    expect(await auth.redeemToken("wrong", far).catch(codeOf)).toBe("AUTH_TOKEN_MISMATCH");
  });

  test("a browser that is signed in stays so while its address is locked", async () => {
    const { auth } = identity;
    const { setCookie, principal } = await auth.redeemToken(TOKEN, far);
    for (let index = 0; index < 20; index += 1) await auth.redeemToken("wrong", far).catch(codeOf);
    expect(
      await auth.identify(requestFrom("192.0.2.1:7", "http://192.0.2.9/ws", { headers: { cookie: cookieOf(setCookie) } })),
    ).toEqual(principal);
  });

  test("many addresses together: strangers wait, who signed in before does not", async () => {
    const { auth, clock } = identity;
    const known: Visit = { ...far, address: "198.51.100.1" };
    await auth.redeemToken(TOKEN, known);
    for (let index = 0; index < 250; index += 1)
      await auth.redeemToken("wrong", { ...far, address: `203.0.113.${index}` }).catch(codeOf);
    expect(await auth.redeemToken(TOKEN, { ...far, address: "198.51.100.2" }).catch(codeOf)).toBe("AUTH_RATE_LIMITED");
    await expect(auth.redeemToken(TOKEN, known)).resolves.toBeDefined();
    await expect(auth.redeemToken(TOKEN, here)).resolves.toBeDefined();
    // Nor can the crowd keep the owner's new phone out, which has a link of ours.
    await expect(auth.redeemLink((await auth.createLink()).code, { ...far, address: "198.51.100.3" })).resolves.toBeDefined();
    expect(await auth.redeemLink("wrong", { ...far, address: "198.51.100.4" }).catch(codeOf)).toBe("AUTH_RATE_LIMITED");
    clock.advance(60_001);
    await expect(auth.redeemToken(TOKEN, { ...far, address: "198.51.100.2" })).resolves.toBeDefined();
  });

  test("loopback: guesses wait ever longer, at most 5 s; the owner's link and host key pass meanwhile", async () => {
    const { auth, clock } = identity;
    const waits: number[] = [];
    for (let index = 0; index < 30; index += 1) {
      const error = await auth.redeemToken("wrong", here).catch((thrown: { code: string; retryAfterMs?: number }) => thrown);
      const { retryAfterMs } = error as { retryAfterMs?: number };
      if (retryAfterMs === undefined) continue;
      waits.push(retryAfterMs);
      expect(await auth.redeemToken(TOKEN, here).catch(codeOf)).toBe("AUTH_RATE_LIMITED");
      await expect(auth.redeemLink((await auth.createLink()).code, here)).resolves.toBeDefined();
      expect((await auth.identify(withBearer(HOST_KEY))).kind).toBe("owner");
      clock.advance(retryAfterMs);
    }
    expect(waits.slice(0, 5)).toEqual([250, 500, 1_000, 2_000, 4_000]);
    expect(Math.max(...waits)).toBe(5_000);
  });
});

const codeOf = (error: { code: string }) => error.code;
const atobLength = (text: string) => atob(text.replaceAll("-", "+").replaceAll("_", "/")).length;

/** 1 to 512 bytes of UTF-8: ASCII, quotes, separators and non-ASCII mixed; no white space at the ends. */
function anyToken(random: Random): string {
  const alphabet = [..."abcXYZ019 '\"`+/=#&%?;,:<>\\{}()[]|~^$@!-_.äöüßéñ中文🦞ÿĀ\t"];
  const wanted = 1 + random.below(512);
  let token = "";
  for (;;) {
    const next = random.pick(alphabet);
    if (new TextEncoder().encode(token + next).length > wanted) break;
    token += next;
  }
  return token.trim() || "x";
}
