/** Cloudflare Access as identity: every way in which a token can be wrong has its own sentence, and only a right one opens. */

import { MoltError } from "@moltworker/protocol/errors";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  AUDIENCE,
  certsOf,
  confusedToken,
  createTeamKey,
  OWNER,
  signToken,
  type TeamKey,
  type TokenParts,
  tamperedToken,
  unsignedToken,
} from "../../../../tests/support/access-team.ts";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { connectParams } from "../../../../tests/support/device.ts";
import {
  cookieOf,
  createTestIdentity,
  requestFrom,
  type TestAccess,
  type TestIdentity,
} from "../../../../tests/support/identity.ts";
import { KEYS_FRESH_MS, KEYS_RETRY_MS, KEYS_STALE_MS } from "./access-keys.ts";
import type { Principal } from "./principal.ts";

const ISSUER = "https://my-team.cloudflareaccess.com";
let key: TeamKey;
let rotated: TeamKey;
let stranger: TeamKey;
beforeAll(() => {
  [key, rotated, stranger] = [createTeamKey("k1"), createTeamKey("k2"), createTeamKey("k1")];
});

let published: TeamKey[];
let asked: string[];
let answer: () => Response;
let given: TestAccess;
let identity: TestIdentity;
beforeEach(() => {
  published = [key];
  asked = [];
  answer = () => Response.json(certsOf(published));
  given = {
    settings: { teamDomain: "https://My-Team.cloudflareaccess.com/", audience: ["other-application", AUDIENCE], allowed: [] },
    fetch: async (url, _init, policy) => {
      asked.push(`${url}${policy.named ? " named" : ""}`);
      return answer();
    },
  };
  identity = createTestIdentity(createTestDatabase(), undefined, given);
});

const token = (parts: TokenParts = {}, signer = key) => signToken(signer, ISSUER, identity.clock.now(), parts);
const now = () => Math.floor(identity.clock.now() / 1_000);
const withHeader = (jwt: string, headers: Record<string, string> = {}) =>
  requestFrom("192.0.2.1:9", "https://localhost/ws", { headers: { "Cf-Access-Jwt-Assertion": jwt, ...headers } });
const withCookies = (cookie: string) => requestFrom("192.0.2.1:9", "https://localhost/ws", { headers: { cookie } });
const identify = (jwt: string) => identity.auth.identify(withHeader(jwt));
const reasonOf = (principal: Principal) =>
  principal.kind === "anonymous" ? (principal.refusal?.details?.reason ?? principal.refusal?.code ?? "nobody") : principal.via;

test("the audit has one row for each session of Access, with where it began", async () => {
  const rows = () =>
    identity.audit
      .list({ limit: 10 })
      .map(({ who, surface, action, outcome, address }) => [who, surface, action, outcome, address]);
  const jwt = token();
  await identity.auth.identify(withHeader(jwt, { upgrade: "websocket" }));
  for (let index = 0; index < 5; index += 1) await identity.auth.identify(withCookies(`CF_Authorization=${jwt}`));
  await identity.restart().identify(withHeader(jwt));
  expect(rows()).toEqual([[`owner ${OWNER}`, "socket", "sign-in", "ok", "192.0.2.1"]]);
  identity.clock.advance(5_000);
  await identify(token());
  expect(rows()).toHaveLength(2);
});

test("a refused token is a row of the surface on which it came", async () => {
  await identity.auth.identify(withHeader(token({}, stranger), { upgrade: "websocket" }));
  await identify(token({}, stranger));
  expect(identity.audit.list({ limit: 2 }).map(({ surface }) => surface)).toEqual(["http", "socket"]);
});

describe("a right token", () => {
  test("is the owner, in the header and in the cookie", async () => {
    const principal = await identify(token());
    expect(principal).toMatchObject({ kind: "owner", via: "access", access: { name: OWNER, issuer: ISSUER } });
    expect(await identity.auth.identify(withCookies(`a=b; CF_Authorization=${token()}; c=d`))).toEqual(principal);
    expect(identity.auth.stillValid(principal)).toBe(true);
    expect(() => identity.auth.authorize(principal, "socket", "chat.send")).not.toThrow();
  });

  test("opens the socket without any token in the connect frame", async () => {
    const principal = await identify(token());
    const connected = await identity.auth.connect(connectParams(), { principal, nonce: "n", address: "192.0.2.1" });
    expect(connected).toEqual({ principal });
  });

  test("may be signed with ES256", async () => {
    const curve = createTeamKey("ec", "ES256");
    published = [key, curve];
    expect(reasonOf(await identify(token({}, curve)))).toBe("access");
  });

  test("of a service token has a name instead of an address", async () => {
    given.settings.allowed = ["0123.access"];
    expect(await identify(token({ claims: { email: undefined, sub: "", common_name: "0123.access" } }))).toMatchObject({
      access: { name: "0123.access" },
    });
  });

  test("means nothing while Access is not configured", async () => {
    given.settings = { teamDomain: null, audience: [], allowed: [] };
    expect(reasonOf(await identify(token()))).toBe("nobody");
    expect(asked).toEqual([]);
  });

  test("of a minute ago or a minute ahead passes: clocks differ", async () => {
    expect(reasonOf(await identify(token({ claims: { exp: now() - 59 } })))).toBe("access");
    expect(reasonOf(await identify(token({ claims: { nbf: now() + 59, iat: now() + 59 } })))).toBe("access");
  });
});

describe("a wrong token", () => {
  const wrong: [string, () => string, string][] = [
    ["expired", () => token({ claims: { exp: now() - 61 } }), "expired"],
    ["without an end", () => token({ claims: { exp: undefined } }), "malformed"],
    ["not valid yet", () => token({ claims: { nbf: now() + 61 } }), "not-yet"],
    ["issued in the future", () => token({ claims: { iat: now() + 61 } }), "not-yet"],
    ["for another application", () => token({ claims: { aud: ["another"] } }), "audience"],
    ["for no application", () => token({ claims: { aud: undefined } }), "audience"],
    ["of another team", () => token({ claims: { iss: "https://evil.cloudflareaccess.com" } }), "issuer"],
    ["of an issuer that begins alike", () => token({ claims: { iss: `${ISSUER}.evil.com` } }), "issuer"],
    ["of a stranger's key under a known name", () => token({}, stranger), "signature"],
    ["of an unknown key", () => token({ header: { kid: "k9" } }), "unknown-key"],
    ["without a key's name", () => token({ header: { kid: undefined } }), "unknown-key"],
    ["alg none", () => unsignedToken(key, ISSUER, identity.clock.now()), "algorithm"],
    ["HS256 with the public key", () => confusedToken(key, ISSUER, identity.clock.now()), "algorithm"],
    ["RS256 in the header, HMAC in truth", () => relabelled(confusedToken(key, ISSUER, identity.clock.now())), "signature"],
    ["tampered", () => tamperedToken(token(), { email: "else@example.com" }), "signature"],
    ["with a stranger's key inside", () => token({ header: { jwk: certsOf([stranger]).keys[0] } }, stranger), "signature"],
    ["cut", () => token().slice(0, -40), "signature"],
    ["no JWT", () => "not a token", "malformed"],
    ["four parts", () => `${token()}.x`, "malformed"],
    ["empty parts", () => "..", "malformed"],
    ["an array", () => "W10.W10.x", "malformed"],
    ["two in one header", () => `${token()}, ${token()}`, "several"],
    ["far too long", () => `${token({ claims: { pad: "x".repeat(20_000) } })}`, "malformed"],
  ];
  test.each(wrong)("%s", async (_name, make, reason) => {
    const principal = await identify(make());
    expect(reasonOf(principal)).toBe(reason);
    expect(principal).toMatchObject({ refusal: { code: "ACCESS_JWT_INVALID" } });
    await expect(identity.auth.connect(connectParams(), { principal, nonce: "n", address: "192.0.2.1" })).rejects.toThrow(
      expect.objectContaining({ code: "ACCESS_JWT_INVALID" }),
    );
  });

  test("every reason has a sentence of cause and of cure of its own", async () => {
    const refusals = [];
    for (const [, make] of wrong) {
      const principal = await identify(make());
      refusals.push(principal.kind === "anonymous" ? principal.refusal : undefined);
    }
    const causes = new Map(refusals.map((refusal) => [refusal?.details?.reason, refusal?.message]));
    expect(new Set(causes.values()).size).toBe(causes.size);
    for (const refusal of refusals) expect(refusal?.hint).toMatch(/^[A-Z].*\.$/s);
  });

  test("a header outranks a cookie; of two cookies the good one counts", async () => {
    const bad = token({ claims: { aud: ["another"] } });
    expect(reasonOf(await identity.auth.identify(withHeader(bad, { cookie: `CF_Authorization=${token()}` })))).toBe("audience");
    expect(reasonOf(await identity.auth.identify(withHeader(token(), { cookie: `CF_Authorization=${bad}` })))).toBe("access");
    expect(reasonOf(await identity.auth.identify(withCookies(`CF_Authorization=${bad}; CF_Authorization=${token()}`)))).toBe(
      "access",
    );
  });

  test("forged ones count as failed attempts; a wrong setting does not hide behind a limit", async () => {
    for (let index = 0; index < 10; index += 1) expect(reasonOf(await identify(token({}, stranger)))).toBe("signature");
    expect(reasonOf(await identify(token({}, stranger)))).toBe("AUTH_RATE_LIMITED");
    expect(reasonOf(await identify(token()))).toBe("access");
    identity = createTestIdentity(createTestDatabase(), undefined, given);
    given.settings.audience = ["mistyped-audience"];
    for (let index = 0; index < 30; index += 1) expect(reasonOf(await identify(token()))).toBe("audience");
  });

  test("no part of a token reaches the log or the refusal", async () => {
    for (const [, make] of wrong) {
      const jwt = make();
      const shown = JSON.stringify(await identify(jwt)) + identity.logged.join("\n");
      for (const part of jwt.split(".").filter((text) => text.length > 20)) expect(shown).not.toContain(part);
    }
  });
});

describe("half a configuration", () => {
  test("says what is missing", async () => {
    given.settings = { teamDomain: "my-team", audience: [], allowed: [] };
    expect(reasonOf(await identify(token()))).toBe("no-audience");
    given.settings = { teamDomain: null, audience: [AUDIENCE], allowed: [] };
    expect(reasonOf(await identify(token()))).toBe("no-team");
    answer = () => new Response("no such team", { status: 404 });
    given.settings = { teamDomain: "my-team", audience: [AUDIENCE], allowed: [] };
    expect(reasonOf(await identify(token()))).toBe("no-keys");
  });
});

describe("the list of people", () => {
  test.each<[string[], string, string]>([
    [["Owner@Example.com"], OWNER, "access"],
    [["@example.com"], OWNER, "access"],
    [["@example.com"], "owner@sub.example.com", "not-listed"],
    [["@example.com"], "a@example.com@evil.com", "not-listed"],
    [["@example.com"], "a@b@example.com", "not-listed"],
    [["example.com"], OWNER, "not-listed"],
    [["someone@example.com"], OWNER, "not-listed"],
  ])("%j and %s: %s", async (allowed, email, expected) => {
    given.settings.allowed = allowed;
    expect(reasonOf(await identify(token({ claims: { email } })))).toBe(expected);
  });
});

describe("what ends it", () => {
  test.each<[string, () => void]>([
    ["its hour, and a minute", () => identity.clock.advance(3_660_000)],
    ["another team", () => (given.settings.teamDomain = "other-team")],
    ["another audience", () => (given.settings.audience = ["another-application"])],
    ["a list without its holder", () => (given.settings.allowed = ["someone@example.com"])],
    ["Access switched off", () => (given.settings.teamDomain = null)],
    ["signing out everywhere", () => void identity.auth.endAllSessions()],
  ])("%s", async (_name, end) => {
    const principal = await identify(token());
    expect(identity.auth.stillValid(principal)).toBe(true);
    end();
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect(() => identity.auth.authorize(principal, "socket", "health")).toThrow(
      expect.objectContaining({ code: "ACCESS_JWT_INVALID" }),
    );
  });

  test("signing out ends this token for good, across restarts, and no later one", async () => {
    const jwt = token();
    const principal = await identify(jwt);
    expect(identity.auth.endSession(principal)).toEqual([principal.id]);
    const restarted = identity.restart();
    expect(reasonOf(await restarted.identify(withHeader(jwt)))).toBe("signed-out");
    identity.clock.advance(1_000);
    const next = token();
    expect(reasonOf(await restarted.identify(withHeader(next)))).toBe("access");
    restarted.endAllSessions();
    expect(reasonOf(await restarted.identify(withHeader(next)))).toBe("signed-out");
    identity.clock.advance(1_000);
    expect(reasonOf(await restarted.identify(withHeader(token())))).toBe("access");
  });

  test("a session of the assistant's own is enough beside a stale Access cookie; a dead one gives way to Access", async () => {
    const { setCookie, principal } = await identity.auth.redeemToken("the owner's token", { address: "192.0.2.1", secure: true });
    const cookies = (jwt: string) => withCookies(`${cookieOf(setCookie)}; CF_Authorization=${jwt}`);
    expect(await identity.auth.identify(cookies(token({ claims: { exp: 1 } })))).toEqual(principal);
    identity.auth.endSession(principal);
    expect(reasonOf(await identity.auth.identify(cookies(token())))).toBe("access");
    expect(reasonOf(await identity.auth.identify(withCookies(cookieOf(setCookie))))).toBe("AUTH_EXPIRED");
  });
});

describe("the team's keys", () => {
  test("are fetched once, also for many at once and after a restart, from the team's address", async () => {
    await Promise.all([1, 2, 3, 4].map(() => identify(token())));
    expect(reasonOf(await identity.restart().identify(withHeader(token())))).toBe("access");
    expect(asked).toEqual([`${ISSUER}/cdn-cgi/access/certs`]);
  });

  test("are not asked for by a token that names another team", async () => {
    expect(reasonOf(await identify(token({ claims: { iss: "https://evil.cloudflareaccess.com" } })))).toBe("issuer");
    expect(asked).toEqual([]);
  });

  test("a rotated key is fetched once; made-up names ask no more than once a minute", async () => {
    await identify(token());
    published = [key, rotated];
    expect(reasonOf(await identify(token({}, rotated)))).toBe("access");
    expect(asked).toHaveLength(2);
    for (let index = 0; index < 5; index += 1)
      expect(reasonOf(await identify(token({ header: { kid: `made-up-${index}` } })))).toBe("unknown-key");
    expect(asked).toHaveLength(2);
    identity.clock.advance(KEYS_RETRY_MS);
    await identify(token({ header: { kid: "made-up" } }));
    expect(asked).toHaveLength(3);
  });

  test("a withdrawn key is worth nothing after the next fetch", async () => {
    await identify(token());
    published = [rotated];
    identity.clock.advance(KEYS_FRESH_MS);
    expect(reasonOf(await identify(token()))).toBe("unknown-key");
  });

  test("are used on while the team's server is down, and not for ever", async () => {
    await identify(token());
    answer = () => new Response("", { status: 503 });
    identity.clock.advance(KEYS_FRESH_MS);
    expect(reasonOf(await identify(token()))).toBe("access");
    identity.clock.advance(KEYS_STALE_MS);
    expect(reasonOf(await identify(token()))).toBe("UNAVAILABLE");
  });

  test.each<[string, () => Response]>([
    ["a page instead of keys", () => new Response("<html>")],
    ["no keys", () => Response.json({ keys: [] })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.example/" } })],
  ])("%s: the cause is named", async (_name, made) => {
    answer = made;
    expect(reasonOf(await identify(token()))).toBe("no-keys");
  });

  test("an unreachable server is asked again only after a minute", async () => {
    answer = () => {
      throw new MoltError("EGRESS_FAILED", { message: "my-team could not be reached" });
    };
    for (let index = 0; index < 5; index += 1) expect(reasonOf(await identify(token()))).toBe("UNAVAILABLE");
    expect(asked).toHaveLength(1);
    answer = () => Response.json(certsOf(published));
    identity.clock.advance(KEYS_RETRY_MS);
    expect(reasonOf(await identify(token()))).toBe("access");
  });

  test("an address of this machine is asked because it was named", async () => {
    given.settings.teamDomain = "http://127.0.0.1:9";
    await identify(signToken(key, "http://127.0.0.1:9", identity.clock.now()));
    expect(asked).toEqual(["http://127.0.0.1:9/cdn-cgi/access/certs named"]);
  });
});

/** The header changed after signing. */
function relabelled(jwt: string): string {
  const [, payload, signature] = jwt.split(".");
  const header = Buffer.from(JSON.stringify({ alg: "RS256", kid: "k1", typ: "JWT" })).toString("base64url");
  return `${header}.${payload}.${signature}`;
}
