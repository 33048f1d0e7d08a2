/** From a token to a caller: who it is comes from the row, holds at once, and ends at once. */

import { scopes as allScopes } from "@moltworker/protocol/scopes";
import { beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../../../../tests/support/database.ts";
import { createTestIdentity, type TestIdentity, TOKEN } from "../../../../../tests/support/identity.ts";
import type { NewApiToken } from "../../auth/api-tokens.ts";
import type { Principal } from "../../auth/principal.ts";
import { createCallerDirectory } from "./callers.ts";
import type { CallerDirectory } from "./governor.ts";

const owner: Principal = { kind: "owner", id: "ws_1", scopes: allScopes, via: "cookie" };
let identity: TestIdentity;
let callers: CallerDirectory;
beforeEach(() => {
  identity = createTestIdentity(createTestDatabase());
  callers = createCallerDirectory(identity.auth, identity.clock);
});
const make = (over: Partial<NewApiToken> = {}) =>
  identity.auth.apiTokens.create(owner, { label: "notebook", scopes: ["gateway.use"], ...over });
const ask = (token: string) => callers.callerFor(token, () => "192.0.2.1");
const code = (expected: string) => expect.objectContaining({ code: expected });

test("a token's row says who calls, what it may use and spend", async () => {
  const limits = { allow: ["openai/*"], budget: { usd: 5, per: "month" as const } };
  const { token, row } = await make({ tenant: "acme", limits });
  expect(await ask(token)).toEqual({
    tenant: "acme",
    tokenId: row.id,
    sessionKey: null,
    channel: "api",
    schedule: null,
    runId: null,
    admin: false,
    own: limits,
  });
  const other = await make();
  expect((await ask(other.token)).tenant).toBe(other.row.id);
});

test("the owner's gateway token may call too, and prices itself", async () => {
  expect(await ask(TOKEN)).toMatchObject({ tenant: "owner", tokenId: null, admin: true });
});

test("without the scope, without a token, or with a wrong one there is no caller", async () => {
  const { token } = await make({ scopes: ["operator.read"] });
  await expect(ask(token)).rejects.toThrow(code("FORBIDDEN"));
  await expect(ask("molt_nobody")).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
});

test("revoked is refused with the next call; an end is kept to the millisecond", async () => {
  const first = await make();
  await ask(first.token);
  identity.auth.apiTokens.revoke(first.row.id);
  await expect(ask(first.token)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
  const second = await make({ expiresAt: identity.clock.now() + 1_000 });
  await ask(second.token);
  identity.clock.advance(999);
  await ask(second.token);
  identity.clock.advance(1);
  await expect(ask(second.token)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
});

test("a rotated gateway token is refused with the next call", async () => {
  await ask(TOKEN);
  identity.auth.rotateGatewayToken(owner, "another-token-of-forty-characters-or-more");
  await expect(ask(TOKEN)).rejects.toThrow(code("AUTH_TOKEN_MISMATCH"));
});

test("a token for model calls opens nothing else", async () => {
  const { token } = await make();
  const principal = await identity.auth.identifyBearer(token, "192.0.2.1");
  for (const action of ["api.blobs.read", "api.admin.state", "api.doctor.run", "api.gateway.read"])
    expect(() => identity.auth.authorize(principal, "http", action)).toThrow(code("FORBIDDEN"));
  expect(() => identity.auth.authorize(principal, "http", "gateway.call")).not.toThrow();
});
