/** Any secret of 1 to 512 bytes works on every way in, or is refused when it is saved, with the reason; nothing in between. */

import { MAX_GATEWAY_TOKEN_BYTES, replacementOf, seedVariables, unusedVariables } from "@moltworker/protocol/variables";
import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { connectParams } from "../../../../tests/support/device.ts";
import { createTestIdentity, requestFrom, TOKEN } from "../../../../tests/support/identity.ts";
import { createRandom, type Random } from "../../../../tests/support/random.ts";
import { signInByAddress } from "../edge/legacy-token.ts";
import { foreignKeyKind, kindOfSecret } from "../secrets/secret-shape.ts";
import { anonymous, type Principal } from "./principal.ts";

const owner: Principal = { kind: "owner", id: "ws_1", scopes: ["operator.admin"], via: "cookie" };
const bytesOf = (text: string) => new TextEncoder().encode(text).length;
const alphabet = [...`abcXYZ019 '"\`+/=#&%?;:,.\\|<>{}[]()$!~^*_-@\t`, "é", "ß", "ñ", "日", "本", "🦞", "\u00a0", "\u200b", "Ω"];

function drawn(random: Random): string {
  const wanted = random.chance(0.1)
    ? 480 + random.below(60)
    : 1 + random.below(random.chance(0.5) ? 24 : MAX_GATEWAY_TOKEN_BYTES);
  let text = "";
  while (bytesOf(text) < wanted) text += random.pick(alphabet);
  return text;
}

/** Every way in which a gateway token can be presented, with a fresh address each so that no limit speaks. */
async function waysIn(
  auth: ReturnType<typeof createTestIdentity>["auth"],
  token: string,
  index: number,
): Promise<Record<string, boolean>> {
  const address = `10.${index >> 8}.${index & 255}.1`;
  const works = (work: Promise<unknown>) =>
    work.then(
      () => true,
      () => false,
    );
  const socket = { principal: anonymous, nonce: "n", address };
  const latin1 = String.fromCharCode(...new TextEncoder().encode(token.trim()));
  const url = `http://localhost/?token=${encodeURIComponent(token)}`;
  const bearer = requestFrom(`${address}:1`, "http://localhost/api/host/status", {
    headers: { authorization: `Bearer ${latin1}` },
  });
  return {
    typed: await works(auth.redeemToken(token, { address, secure: false })),
    token: await works(auth.connect(connectParams({ auth: { token } }), socket)),
    password: await works(auth.connect(connectParams({ auth: { password: token } }), socket)),
    address: (await signInByAddress(requestFrom(`${address}:1`, url), { address, secure: false }, auth)).status === 303,
    bearer: (await auth.identify(bearer)).kind === "owner",
  };
}

test("1,000 drawn tokens, replaced one by another: each works everywhere and the one before nowhere, or the save is refused", async () => {
  const identity = createTestIdentity(createTestDatabase());
  const random = createRandom(5_120);
  let before = TOKEN;
  let refused = 0;
  let trimmed = 0;
  for (let index = 0; index < 1_000; index += 1) {
    const typed = drawn(random);
    // The refusals below would pause strangers for the rest of the minute.
    identity.clock.advance(60_000);
    let notes: string[] = [];
    try {
      notes = identity.auth.rotateGatewayToken(owner, typed).notes;
    } catch (error) {
      expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(/empty|bytes; at most|looks like/) });
      expect((await waysIn(identity.auth, before, index)).typed).toBe(true);
      refused += 1;
      continue;
    }
    expect(bytesOf(typed.trim())).toBeLessThanOrEqual(MAX_GATEWAY_TOKEN_BYTES);
    expect(notes.includes("White space around the token was removed.")).toBe(typed !== typed.trim());
    if (typed !== typed.trim()) trimmed += 1;
    const ways = await waysIn(identity.auth, typed, index);
    expect(ways).toEqual({ typed: true, token: true, password: true, address: true, bearer: true });
    if (index % 10 === 0 && before !== typed.trim())
      expect(Object.values(await waysIn(identity.auth, before, index + 20_000))).not.toContain(true);
    before = typed.trim();
  }
  expect([refused, trimmed].every((count) => count > 10)).toBe(true);
});

test("300 drawn tokens of the environment: used, or one is made and the log says why", async () => {
  const random = createRandom(77);
  for (let index = 0; index < 300; index += 1) {
    const token = drawn(random).trim() || "x";
    const identity = createTestIdentity(createTestDatabase(), { MOLTBOT_GATEWAY_TOKEN: token });
    const { typed } = await waysIn(identity.auth, token, index);
    const reported = identity.logged.some((line) => line.includes("auth.gateway-token-refused"));
    expect(typed).toBe(bytesOf(token) <= MAX_GATEWAY_TOKEN_BYTES);
    expect(reported).toBe(!typed);
    expect(identity.logged.join("\n")).not.toContain(token.length > 8 ? token : "\u0000");
  }
});

/** moltworker's variables, as its main branch reads them. */
const checklist = `ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OPENAI_API_KEY CLOUDFLARE_AI_GATEWAY_API_KEY CF_AI_GATEWAY_ACCOUNT_ID
  CF_AI_GATEWAY_GATEWAY_ID CF_AI_GATEWAY_MODEL AI_GATEWAY_API_KEY AI_GATEWAY_BASE_URL MOLTBOT_GATEWAY_TOKEN CF_ACCESS_TEAM_DOMAIN
  CF_ACCESS_AUD DEV_MODE E2E_TEST_MODE DEBUG_ROUTES SANDBOX_SLEEP_AFTER TELEGRAM_BOT_TOKEN TELEGRAM_DM_POLICY TELEGRAM_DM_ALLOW_FROM
  DISCORD_BOT_TOKEN DISCORD_DM_POLICY SLACK_BOT_TOKEN SLACK_APP_TOKEN R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY R2_BUCKET_NAME CF_ACCOUNT_ID
  CDP_SECRET WORKER_URL CLOUDFLARE_ACCOUNT_ID BACKUP_BUCKET_NAME CRON_WAKE_AHEAD_MINUTES CLAWDBOT_GATEWAY_TOKEN OPENCLAW_GATEWAY_TOKEN`.split(
  /\s+/,
);

test.each(checklist)("moltworker's %s is read, or reported with what there is instead", (name) => {
  const isRead = (seedVariables as readonly string[]).includes(name);
  expect(isRead !== unusedVariables.includes(name)).toBe(true);
  if (!isRead) expect(replacementOf(name)).not.toBe("");
});

test.each([
  ["anthropic", "sk-ant-api03-x", undefined],
  ["openai", "sk-ant-api03-x", "an Anthropic API key"],
  ["deepseek", "sk-0123456789abcdef", undefined],
  ["groq", "123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "a Telegram bot token"],
  ["anthropic", `molt_${"a".repeat(43)}`, "an API token of this assistant, which is for programs"],
  ["openrouter", "xapp-1-A0-1-x", "a Slack token"],
  ["mistral", "q".repeat(32), undefined],
])("in %s's field %s is %s", (provider, key, kind) => {
  expect(foreignKeyKind(provider, key)).toBe(kind);
});

test("an AI Gateway token in the gateway's field is named, and not repeated", async () => {
  const identity = createTestIdentity(createTestDatabase());
  const token = "q1w2e3r4t5".repeat(4);
  expect(kindOfSecret(token)).toContain("AI Gateway");
  const refusal = await identity.auth
    .redeemToken(token, { address: "192.0.2.1", secure: false })
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "AUTH_TOKEN_MISMATCH", hint: expect.stringContaining("AI Gateway") });
  expect(JSON.stringify(refusal)).not.toContain(token);
});
