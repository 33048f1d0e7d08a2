/** Ten thousand random budgets, calls side by side, crashes in between: what was truly spent never passes a limit. */

import { isMoltError } from "@moltworker/protocol/errors";
import { expect, test } from "vitest";
import { createTestDatabase, turnGuarded } from "../../../../../tests/support/database.ts";
import {
  createGovernorWorld,
  type GovernorWorld,
  outcomeOf,
  ownCaller,
  plannedCall,
} from "../../../../../tests/support/governor.ts";
import { createRandom } from "../../../../../tests/support/random.ts";
import type { BudgetRule } from "../../config/sections/limits.ts";
import { needsRow, type PlannedCall } from "./governor.ts";

type Random = ReturnType<typeof createRandom>;

/** Each call's own truth, kept beside the governor and never read from it: dollars by the two flat prices. */
const trueCost = (call: PlannedCall, input: number, output: number) =>
  call.model === "big" ? (input + output * 10) / 1e6 : (input * 0.1 + output) / 1e6;

const scopes = ["all", "session", "channel", "tenant", "model", "token"] as const;

function randomBudget(random: Random): BudgetRule {
  const scope = scopes[random.below(scopes.length)] ?? "all";
  return { scope, per: random.below(2) ? "day" : "always", usd: random.below(100_000) / 1e6, warnAt: random.below(10) / 10 };
}

function partOf(rule: BudgetRule, call: PlannedCall): string | null {
  if (rule.scope === "all") return "";
  if (rule.scope === "model") return `${call.provider}/${call.model}`;
  const { sessionKey, channel, tenant, tokenId } = call.caller;
  return { session: sessionKey, channel, tenant, token: tokenId }[rule.scope as "session"];
}

/** Dollars that are spent or may still be, by budget and part. */
class Truth {
  readonly sums = new Map<string, number>();
  readonly world: GovernorWorld;
  constructor(world: GovernorWorld) {
    this.world = world;
  }
  add(call: PlannedCall, usd: number): void {
    for (const [id, rule] of Object.entries(this.world.limits.budgets)) {
      const part = partOf(rule, call);
      if (part !== null) this.sums.set(`${id}|${part}`, (this.sums.get(`${id}|${part}`) ?? 0) + usd);
    }
  }
  check(): void {
    for (const [key, sum] of this.sums) {
      const limit = this.world.limits.budgets[key.split("|")[0] as string]?.usd as number;
      if (sum > limit + 1e-9) throw new Error(`${key}: ${sum} of ${limit}`);
    }
  }
}

interface Counts {
  admitted: number;
  refused: number;
  atFront: number;
}

async function scenario(world: GovernorWorld, turn: { isObjects: boolean }, random: Random, number: number): Promise<Counts> {
  const count = 1 + random.below(3);
  world.limits.budgets = Object.fromEntries(Array.from({ length: count }, (_, at) => [`b${number}-${at}`, randomBudget(random)]));
  const truth = new Truth(world);
  const flying: PlannedCall[] = [];
  const counts = { admitted: 0, refused: 0, atFront: 0 };
  const begin = async (): Promise<void> => {
    const pick = random.below(3);
    const caller = {
      ...ownCaller,
      sessionKey: `s${pick}`,
      channel: `c${pick}`,
      tenant: `t${pick}`,
      tokenId: pick ? `k${pick}` : null,
    };
    const size = { inputTokens: random.below(20_000), maxOutputTokens: 1 + random.below(4_000) };
    const call = plannedCall({ caller, model: random.below(2) ? "big" : "small", canShorten: random.below(2) === 1, ...size });
    try {
      const admission = await admitted(call);
      const held = { ...call, maxOutputTokens: admission.maxOutputTokens };
      truth.add(held, trueCost(held, held.inputTokens, held.maxOutputTokens));
      flying.push(held);
      counts.admitted += 1;
    } catch (error) {
      if (!isMoltError(error) || error.code !== "BUDGET_EXCEEDED") throw error;
      counts.refused += 1;
    }
  };
  /** At the front where that can be, without a row; else in the object. */
  const admitted = async (call: PlannedCall) => {
    if (random.below(2)) {
      try {
        turn.isObjects = false;
        const admission = world.governor.admit({ ...call, atFront: true });
        turn.isObjects = true;
        const done = await admission;
        call.atFront = true;
        counts.atFront += 1;
        return done;
      } catch (error) {
        if (error !== needsRow) throw error;
      }
    }
    return world.governor.admit(call);
  };
  const end = (): void => {
    const [call] = flying.splice(random.below(flying.length), 1);
    if (!call) return;
    const used = { input: random.below(call.inputTokens + 1), output: random.below(call.maxOutputTokens + 1) };
    const worst = trueCost(call, call.inputTokens, call.maxOutputTokens);
    turn.isObjects = !call.atFront;
    world.governor.settle(outcomeOf(call, used));
    turn.isObjects = true;
    truth.add(call, trueCost(call, used.input, used.output) - worst);
  };
  for (let move = 0; move < 5; move += 1) {
    await Promise.all(Array.from({ length: 1 + random.below(3) }, begin));
    truth.check();
    if (random.below(2)) end();
    if (random.below(8) === 0) world.governor.flush();
    if (random.below(12) === 0) {
      // What flew when it crashed may have cost its worst; nobody will ever settle it.
      world.crash();
      flying.length = 0;
    }
    truth.check();
  }
  return counts;
}

test("10,000 random budgets are never passed", async () => {
  // Few rows are kept: this is about money.
  const turn = { isObjects: true };
  const few = { bodies: false, keepDays: 1, maxRows: 100, maxMegabytes: 1 };
  const world = createGovernorWorld({ log: few }, turnGuarded(createTestDatabase(), turn));
  const random = createRandom(20_261_128);
  const sum = { admitted: 0, refused: 0, atFront: 0 };
  for (let number = 0; number < 10_000; number += 1) {
    const { admitted, refused, atFront } = await scenario(world, turn, random, number);
    sum.admitted += admitted;
    sum.refused += refused;
    sum.atFront += atFront;
  }
  // Both ends were really tried.
  expect(sum.admitted).toBeGreaterThan(20_000);
  expect(sum.refused).toBeGreaterThan(20_000);
  expect(sum.atFront).toBeGreaterThan(1_000);
}, 120_000);
