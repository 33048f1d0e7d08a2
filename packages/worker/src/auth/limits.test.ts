/** One limiter for every kind of credential: whoever changes the kind, the spelling or the path gains no further try. */

import { beforeEach, describe, expect, test } from "vitest";
import { AUDIENCE, certsOf, createTeamKey, signToken } from "../../../../tests/support/access-team.ts";
import { createAuthenticator } from "../../../../tests/support/authenticator.ts";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { connectParams, createTestDevice } from "../../../../tests/support/device.ts";
import { createTestIdentity, requestFrom, type TestIdentity, TOKEN } from "../../../../tests/support/identity.ts";
import { signInByAddress } from "../edge/legacy-token.ts";
import { assertionSchema } from "./passkey-proof.ts";
import { anonymous } from "./principal.ts";

const ADDRESS = "198.51.100.7";
const ISSUER = "https://my-team.cloudflareaccess.com";
const published = createTeamKey("k1");
const stranger = createTeamKey("k1");
const place = { rpId: "molt.example", origin: "https://molt.example" };
const visit = { address: ADDRESS, secure: true };

let identity: TestIdentity;
beforeEach(() => {
  identity = createTestIdentity(createTestDatabase(), undefined, {
    settings: { teamDomain: "my-team", audience: [AUDIENCE], allowed: [] },
    fetch: async () => Response.json(certsOf([published])),
  });
});

const http = (path: string, headers: Record<string, string>) =>
  requestFrom(`${ADDRESS}:1`, `https://localhost${path}`, { headers });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    (done) => (done as { refusal?: { code: string } }).refusal?.code ?? "in",
    (thrown: { code: string }) => thrown.code,
  );
const socket = { principal: anonymous, nonce: "n", address: ADDRESS };

/** Each gives the code of a refusal, or "in". */
const shapes: Record<string, (index: number) => Promise<string>> = {
  "socket token": (index) => codeOf(identity.auth.connect(connectParams({ auth: { token: `wrong-${index}` } }), socket)),
  "socket password": (index) => codeOf(identity.auth.connect(connectParams({ auth: { password: `wrong-${index}` } }), socket)),
  "device token": async (index) => {
    const device = await createTestDevice();
    const auth = { deviceToken: `wrong-${index}` };
    return codeOf(identity.auth.connect(await device.connect({ nonce: "n", signedAt: identity.clock.now(), auth }), socket));
  },
  "API token on the socket": (index) =>
    codeOf(identity.auth.connect(connectParams({ auth: { token: `molt_${String(index).padStart(43, "a")}` } }), socket)),
  "bearer header": (index) =>
    codeOf(identity.auth.identify(http("/api/host/status", { authorization: `Bearer wrong-${index}` }))),
  "API token as bearer": (index) =>
    codeOf(identity.auth.identify(http("/api/host/status", { authorization: `bearer molt_${String(index).padStart(43, "b")}` }))),
  "typed token": (index) => codeOf(identity.auth.redeemToken(`wrong-${index}`, visit)),
  "token in the address": async (index) => {
    const answer = await signInByAddress(http(`/?token=wrong-${index}`, {}), visit, identity.auth);
    return /AUTH_[A-Z_]+/.exec(await answer.text())?.[0] ?? "in";
  },
  "sign-in link": (index) => codeOf(identity.auth.redeemLink(`wrong-${index}`, visit)),
  "Access header": (index) =>
    codeOf(
      identity.auth.identify(
        http("/ws", { "cf-access-jwt-assertion": signToken(stranger, ISSUER, identity.clock.now() + index * 1_000) }),
      ),
    ),
  passkey: async () => {
    const { challenge } = await identity.auth.passkeys.signInOptions(place, ADDRESS);
    const answer = assertionSchema.parse(createAuthenticator().get({ ...place, challenge }));
    return codeOf(identity.auth.redeemPasskey(place, answer, visit));
  },
};
const names = Object.keys(shapes);

describe("1,000 wrong secrets", () => {
  test.each(names)("as %s: ten are looked at", async (name) => {
    const attempt = shapes[name] as (index: number) => Promise<string>;
    const codes: string[] = [];
    // Making 1,000 keys and signatures is slow and shows nothing more than 100 do.
    const times = name === "passkey" || name === "Access header" || name === "device token" ? 100 : 1_000;
    for (let index = 0; index < times; index += 1) codes.push(await attempt(index));
    expect(codes).not.toContain("in");
    expect(codes.slice(0, 10)).not.toContain("AUTH_RATE_LIMITED");
    expect(new Set(codes.slice(10))).toEqual(new Set(["AUTH_RATE_LIMITED"]));
  });

  test("one kind after the other from one address: ten are looked at in all", async () => {
    const codes: string[] = [];
    for (let index = 0; index < 1_000; index += 1)
      codes.push(await (shapes[names[index % names.length] as string] as (index: number) => Promise<string>)(index));
    expect(codes).not.toContain("in");
    expect(codes.filter((code) => code !== "AUTH_RATE_LIMITED")).toHaveLength(10);
    expect(await codeOf(identity.auth.redeemToken(TOKEN, visit))).toBe("AUTH_RATE_LIMITED");
    await expect(identity.auth.redeemToken(TOKEN, { address: "192.0.2.1", secure: true })).resolves.toBeDefined();
  });
});
