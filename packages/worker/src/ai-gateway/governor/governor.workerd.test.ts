/** The governor on a Durable Object's own SQLite: what was held is spent after a crash, what was settled is neither lost nor doubled. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { migrations } from "../../catalog/migrations.ts";
import { type Limits, limitsSection } from "../../config/sections/limits.ts";
import { systemClock } from "../../platform/clock.ts";
import { createDatabase } from "../../storage/database.ts";
import { migrate } from "../../storage/migrations.ts";
import { createPrices } from "../prices.ts";
import { createGovernor } from "./create-governor.ts";
import type { PlannedCall } from "./governor.ts";

const objects = (env as unknown as { TEST_OBJECT: DurableObjectNamespace }).TEST_OBJECT;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const limits = {
  ...limitsSection.defaults,
  budgets: { day: { scope: "all", per: "day", usd: 1 } },
  prices: { "openai/m": { input: 1, output: 10 } },
} as Limits;

function callOf(id: string): PlannedCall {
  const caller = {
    tenant: "t",
    tokenId: null,
    sessionKey: null,
    channel: null,
    schedule: null,
    runId: null,
    admin: false,
    own: null,
  };
  const size = { provider: "openai", model: "m", inputTokens: 1_000, maxOutputTokens: 1_000 };
  return { callId: id, caller, ...size, endpoint: "chat/completions", stream: false, metadata: {}, askedAt: Date.now() };
}

const outcomeOf = ({ callId, provider, model }: PlannedCall) => ({
  ...{ callId, provider, model, status: 200, keyAlias: null, step: 0, attempts: [], cacheStatus: "BYPASS" as const },
  usage: { input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  ...{ estimated: false, firstByteMs: 1, durationMs: 2, error: null },
});

test("admitted, settled, and cut in the middle", async () => {
  await runInDurableObject(objects.getByName(crypto.randomUUID()), async (_, state) => {
    const db = createDatabase(state.storage);
    migrate(db, migrations, systemClock);
    const prices = createPrices({ providers: [], own: () => limits.prices, now: Date.now });
    const life = () =>
      createGovernor({ db, clock: systemClock, log: quiet, prices, limits: () => limits, tokenBudgets: () => [] });
    const first = life();
    // A call may cost $0.011 and costs $0.002: 40 together fit under a dollar at their worst.
    const calls = Array.from({ length: 40 }, (_one, index) => callOf(`gw_${index}`));
    await Promise.all(calls.map((call) => first.admit(call)));
    for (const call of calls.slice(0, 30)) first.settle(outcomeOf(call));
    first.settle(outcomeOf(calls[0] as PlannedCall));
    first.flush();
    expect(first.budgets(Date.now())[0]).toMatchObject({ spentUsd: 0.06, reservedUsd: 0.11 });
    expect(first.log.list({}, { limit: 200 }).rows).toHaveLength(30);

    const second = life();
    const [after] = second.budgets(Date.now());
    // The ten that flew may have cost their worst, and what was held ahead for the crowd counts until it is known better.
    expect(after?.spentUsd).toBeGreaterThanOrEqual(0.17 - 1e-9);
    expect(after?.spentUsd).toBeLessThanOrEqual(1);
    expect(after?.reservedUsd).toBe(0);
    expect(second.log.list({}, { limit: 200 }).rows).toHaveLength(30);
    second.flush();
  });
});
