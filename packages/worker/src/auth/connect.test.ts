/** The `connect` frame's credentials: token, password, device proof, device token, the browser's session. */

import type { ConnectParams } from "@moltworker/protocol/frames";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { type ConnectOptions, connectParams, createTestDevice, type TestDevice } from "../../../../tests/support/device.ts";
import {
  cookieOf,
  createTestIdentity,
  gatewayTokenName,
  requestFrom,
  type TestIdentity,
  TOKEN,
} from "../../../../tests/support/identity.ts";
import { anonymous, type Principal } from "./principal.ts";

const owner: Principal = { kind: "owner", id: "ws_owner", scopes: ["operator.admin"], via: "cookie" };
const NONCE = "challenge-nonce";
let identity: TestIdentity;
let device: TestDevice;
beforeEach(async () => {
  identity = createTestIdentity(createTestDatabase());
  device = await createTestDevice();
});

const socket = (principal: Principal = anonymous, address = "192.0.2.1") => ({ principal, nonce: NONCE, address });
const connect = (params: ConnectParams, principal?: Principal, address?: string) =>
  identity.auth.connect(params, socket(principal, address));
const proof = (over: Partial<ConnectOptions> = {}) => device.connect({ nonce: NONCE, signedAt: identity.clock.now(), ...over });
const tampered = async (over: Partial<NonNullable<ConnectParams["device"]>>) => {
  const params = await proof({ auth: { token: TOKEN } });
  return { ...params, device: { ...params.device, ...over } } as ConnectParams;
};
const refusal = async (params: ConnectParams, principal?: Principal) => {
  const error = await connect(params, principal).then(
    () => undefined,
    (thrown) => thrown,
  );
  return error as { code: string; message: string; hint: string; details: Record<string, unknown> };
};
async function pair(over: Partial<ConnectOptions> = {}): Promise<string> {
  const { deviceToken } = await connect(await proof({ auth: { token: TOKEN }, ...over }));
  return deviceToken as string;
}

describe("without a device", () => {
  test.each([{ token: TOKEN }, { password: TOKEN }, { token: ` ${TOKEN}\n` }, { token: "", password: TOKEN }])(
    "%j is the owner",
    async (auth) => {
      expect((await connect(connectParams({ auth }))).principal).toMatchObject({ kind: "owner", via: "token" });
    },
  );

  test.each([
    ["cli", "unauthorized: gateway token mismatch (use this gateway's gateway.auth.token or pair the device)"],
    [
      "openclaw-control-ui",
      "unauthorized: gateway token mismatch (open the dashboard URL and paste the token in Control UI settings)",
    ],
    ["gateway-client", "unauthorized: gateway token mismatch (provide gateway auth token)"],
  ])("a wrong token, told to %s in OpenClaw's words", async (id, message) => {
    expect(await refusal(connectParams({ auth: { token: "wrong" } }, { id }))).toMatchObject({
      code: "AUTH_TOKEN_MISMATCH",
      message,
      details: { authReason: "token_mismatch", canRetryWithDeviceToken: false, recommendedNextStep: "update_auth_credentials" },
    });
  });

  test("none at all", async () => {
    expect(await refusal(connectParams({}, { id: "gateway-client" }))).toMatchObject({
      code: "AUTH_TOKEN_MISSING",
      message: "unauthorized: gateway token missing (provide gateway auth token)",
      details: { recommendedNextStep: "update_auth_configuration" },
    });
  });

  test("another role is refused", async () => {
    expect(await refusal(connectParams({ role: "node", auth: { token: TOKEN } }))).toMatchObject({
      code: "INVALID_REQUEST",
      message: "invalid role",
    });
  });
});

describe("the browser's session", () => {
  test("is enough, and asks for less when it says so", async () => {
    const { principal } = await identity.auth.redeemToken(TOKEN, { address: "127.0.0.1", secure: false });
    expect((await connect(connectParams(), principal)).principal).toEqual(principal);
    expect((await connect(connectParams({ scopes: ["operator.read", "operator.made-up"] }), principal)).principal.scopes).toEqual(
      ["operator.read"],
    );
  });

  test("signed out before the frame came: expired, not missing", async () => {
    const { principal, setCookie } = await identity.auth.redeemToken(TOKEN, { address: "127.0.0.1", secure: false });
    identity.auth.endSession(principal);
    const seen = await identity.auth.identify(
      requestFrom("127.0.0.1:1", "http://localhost/ws", { headers: { cookie: cookieOf(setCookie) } }),
    );
    expect((await refusal(connectParams(), seen)).code).toBe("AUTH_EXPIRED");
    expect((await refusal(connectParams(), principal)).code).toBe("AUTH_TOKEN_MISSING");
  });

  test("does not cover a wrong token in the frame", async () => {
    const { principal } = await identity.auth.redeemToken(TOKEN, { address: "127.0.0.1", secure: false });
    expect((await refusal(connectParams({ auth: { token: "wrong" } }), principal)).code).toBe("AUTH_TOKEN_MISMATCH");
  });
});

describe("a device", () => {
  test.each(["v3", "v2"] as const)(
    "with a %s proof and the gateway token is paired; later its own token is enough, in either field",
    async (version) => {
      const deviceToken = await pair({ version, client: { platform: " MacIntel ", deviceFamily: "Mac" } });
      expect(deviceToken).toMatch(/^[\w-]{43}$/);
      for (const auth of [{ deviceToken }, { token: deviceToken }]) {
        const connected = await connect(await proof({ version, auth, client: { platform: "macintel", deviceFamily: "Mac" } }));
        expect(connected).toEqual({
          principal: { kind: "device", id: device.id, scopes: ["operator.read", "operator.write"], via: "device", grant: 0 },
        });
      }
      expect(identity.auth.listDevices()).toMatchObject([{ id: device.id, scopes: ["operator.read", "operator.write"] }]);
    },
  );

  test("its token is in no table, and outlives a restart and the gateway token", async () => {
    const deviceToken = await pair();
    expect(JSON.stringify(identity.db.all("SELECT * FROM auth_device_tokens"))).not.toContain(deviceToken);
    identity.secrets.set(gatewayTokenName, "rotated", "typed");
    const again = await identity.restart({}).connect(await proof({ auth: { deviceToken } }), socket());
    expect(again.principal.kind).toBe("device");
  });

  test("gets what is granted: asking for less gives less, and words that are no scopes count for nothing", async () => {
    const deviceToken = await pair({ scopes: ["operator.read"] });
    const { principal } = await connect(
      await proof({ auth: { deviceToken }, scopes: ["operator.talk.secrets", "operator.read"] }),
    );
    expect(principal.scopes).toEqual(["operator.read"]);
    expect((await connect(await proof({ auth: { deviceToken }, scopes: [] }))).principal.scopes).toEqual([]);
  });

  test("without a secret it must be approved, also when it was paired and has lost its token", async () => {
    expect(await refusal(await proof())).toMatchObject({
      code: "DEVICE_NOT_PAIRED",
      details: { reason: "not-paired", deviceId: device.id },
    });
    await pair();
    expect((await refusal(await proof())).code).toBe("DEVICE_NOT_PAIRED");
  });

  test("a paired one with a wrong gateway token may retry with its own", async () => {
    expect((await refusal(await proof({ auth: { token: "wrong" } }))).details).toMatchObject({ canRetryWithDeviceToken: false });
    await pair();
    expect((await refusal(await proof({ auth: { token: "wrong" } }))).details).toMatchObject({
      canRetryWithDeviceToken: true,
      recommendedNextStep: "retry_with_device_token",
    });
    expect(await refusal(await proof({ auth: { deviceToken: "wrong" } }))).toMatchObject({
      code: "AUTH_TOKEN_MISMATCH",
      message: "unauthorized: device token mismatch (rotate/reissue device token)",
    });
  });

  test("its token without its key is worth nothing", async () => {
    const deviceToken = await pair();
    expect((await refusal(connectParams({ auth: { token: deviceToken } }))).message).toContain("device token mismatch");
    const thief = await createTestDevice();
    const params = await thief.connect({ nonce: NONCE, signedAt: identity.clock.now(), auth: { deviceToken } });
    expect((await refusal(params)).message).toContain("device token mismatch");
  });

  test("revocation is final for every token of it; pairing anew revives none", async () => {
    const first = await pair();
    const { principal } = await connect(await proof({ auth: { deviceToken: first } }));
    identity.auth.deviceGrants.remove(owner, device.id);
    expect(() => identity.auth.deviceGrants.remove(owner, device.id)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect(() => identity.auth.authorize(principal, "socket", "health")).toThrow(
      expect.objectContaining({ code: "AUTH_EXPIRED" }),
    );
    const second = await pair({ scopes: ["operator.read"] });
    expect(identity.auth.stillValid(principal)).toBe(false);
    expect((await refusal(await proof({ auth: { deviceToken: first } }))).code).toBe("AUTH_TOKEN_MISMATCH");
    const again = await connect(await proof({ auth: { deviceToken: second }, scopes: ["operator.read"] }));
    expect(again.principal.scopes).toEqual(["operator.read"]);
  });

  test("five tokens live at a time; the oldest goes first", async () => {
    const tokens: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      tokens.push(await pair());
      identity.clock.advance(1);
    }
    expect((await refusal(await proof({ auth: { deviceToken: tokens[0] as string } }))).code).toBe("AUTH_TOKEN_MISMATCH");
    for (const deviceToken of tokens.slice(1))
      expect((await connect(await proof({ auth: { deviceToken } }))).principal.kind).toBe("device");
  });
});

describe("proofs that do not hold, the token being right", () => {
  test.each([
    ["nonce of another socket", "device nonce mismatch", () => proof({ auth: { token: TOKEN }, nonce: "another" })],
    ["no nonce", "device nonce required", () => tampered({ nonce: "" })],
    [
      "signed too early",
      "device signature expired",
      () => proof({ auth: { token: TOKEN }, signedAt: identity.clock.now() - 120_001 }),
    ],
    [
      "signed in the future",
      "device signature expired",
      () => proof({ auth: { token: TOKEN }, signedAt: identity.clock.now() + 120_001 }),
    ],
    ["no time", "device signature expired", () => proof({ auth: { token: TOKEN }, signedAt: Number.NaN })],
    ["an id that is not the key's", "device identity mismatch", () => tampered({ id: "0".repeat(64) })],
    ["half a key", "device public key invalid", () => tampered({ publicKey: "AAAA" })],
    ["a key that is not base64", "device public key invalid", () => tampered({ publicKey: "***" })],
    ["no signature", "device signature invalid", () => tampered({ signature: "" })],
    ["zeros", "device signature invalid", () => tampered({ signature: "A".repeat(86) })],
    [
      "scopes changed after signing",
      "device signature invalid",
      async () => ({ ...(await proof({ auth: { token: TOKEN } })), scopes: ["operator.admin"] }),
    ],
    [
      "signed for another token",
      "device signature invalid",
      async () => ({ ...(await proof({ auth: { token: "other" } })), auth: { token: TOKEN } }),
    ],
    [
      "another client",
      "device signature invalid",
      async () => {
        const params = await proof({ auth: { token: TOKEN } });
        return { ...params, client: { ...params.client, id: "gateway-client" } };
      },
    ],
  ])("%s: %s", async (_, message, make) => {
    expect(await refusal(await make())).toMatchObject({ code: "DEVICE_SIGNATURE_INVALID", message });
    expect(identity.auth.listDevices()).toEqual([]);
  });

  test("at the edge of two minutes it holds", async () => {
    await expect(
      connect(await proof({ auth: { token: TOKEN }, signedAt: identity.clock.now() - 120_000 })),
    ).resolves.toBeDefined();
  });
});

describe("too many failures on the socket", () => {
  const shapes: [string, (index: number) => Promise<ConnectParams>][] = [
    ["token", async (index) => connectParams({ auth: { token: `wrong-${index}` } })],
    ["password", async (index) => connectParams({ auth: { password: `wrong-${index}` } })],
    ["device token", (index) => proof({ auth: { deviceToken: `wrong-${index}` } })],
    ["device token in the token's place", (index) => proof({ auth: { token: `wrong-${index}` } })],
    ["bad proof", () => proof({ auth: { token: TOKEN }, nonce: "another" })],
  ];

  test.each(shapes)("1,000 times a wrong %s: ten are looked at", async (_, make) => {
    const codes: string[] = [];
    for (let index = 0; index < 1_000; index += 1) codes.push((await refusal(await make(index))).code);
    expect(codes.slice(0, 10)).not.toContain("AUTH_RATE_LIMITED");
    expect(new Set(codes.slice(10))).toEqual(new Set(["AUTH_RATE_LIMITED"]));
    expect(await refusal(connectParams({ auth: { token: TOKEN } }))).toMatchObject({
      code: "AUTH_RATE_LIMITED",
      message: "unauthorized: too many failed authentication attempts (retry later)",
      details: { recommendedNextStep: "wait_then_retry" },
    });
  });

  test("each is a row of the socket in the audit", async () => {
    await refusal(connectParams({ auth: { token: "wrong" } }));
    expect(identity.audit.list({ limit: 5 })).toMatchObject([
      { who: "nobody", surface: "socket", action: "credential", outcome: "AUTH_TOKEN_MISMATCH", address: "192.0.2.1" },
    ]);
  });

  test("a client without any credential does not use up its neighbours' attempts", async () => {
    for (let index = 0; index < 50; index += 1) await refusal(connectParams());
    await expect(connect(connectParams({ auth: { token: TOKEN } }))).resolves.toBeDefined();
  });
});
