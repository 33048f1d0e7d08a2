/** A governor over a test database, with flat prices: one dollar per million prompt tokens, ten per million answer tokens. */

import type { Books } from "../../packages/worker/src/ai-gateway/governor/books.ts";
import { createGovernor } from "../../packages/worker/src/ai-gateway/governor/create-governor.ts";
import type {
  Caller,
  CallOutcome,
  CallUsage,
  Governor,
  PlannedCall,
} from "../../packages/worker/src/ai-gateway/governor/governor.ts";
import { createPrices, type OwnPrices } from "../../packages/worker/src/ai-gateway/prices.ts";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { type Limits, limitsSection } from "../../packages/worker/src/config/sections/limits.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const flatPrices: OwnPrices = { "openai/big": { input: 1, output: 10 }, "openai/small": { input: 0.1, output: 1 } };

export interface GovernorWorld {
  db: TestDatabase;
  clock: { now(): number; sleep(): Promise<void>; advance(ms: number): void };
  limits: Limits;
  governor: Governor & Books;
  /** As after a crash: what was only in memory is gone. */
  crash(): void;
}

export function createGovernorWorld(limits: Partial<Limits> = {}, db = createTestDatabase()): GovernorWorld {
  let now = Date.UTC(2026, 5, 10, 12);
  const clock = { now: () => now, sleep: async () => {}, advance: (ms: number) => void (now += ms) };
  migrate(db, migrations, clock);
  const all = { ...limitsSection.defaults, prices: flatPrices, ...limits } as Limits;
  const prices = createPrices({ providers: [], own: () => all.prices, now: clock.now });
  const make = () => createGovernor({ db, clock, log: quiet, prices, limits: () => all, tokenBudgets: () => [] });
  const world: GovernorWorld = { db, clock, limits: all, governor: make(), crash: () => void (world.governor = make()) };
  return world;
}

export const ownCaller: Caller = {
  tenant: "owner",
  tokenId: null,
  sessionKey: "agent:main:main",
  channel: "webchat",
  schedule: null,
  runId: "run_1",
  admin: true,
  own: null,
};

let calls = 0;

export function plannedCall(over: Partial<PlannedCall> = {}): PlannedCall {
  return {
    callId: `mc_${++calls}`,
    caller: ownCaller,
    provider: "openai",
    model: "big",
    endpoint: "v1/chat/completions",
    stream: true,
    inputTokens: 1_000,
    maxOutputTokens: 1_000,
    metadata: {},
    askedAt: Date.UTC(2026, 5, 10, 12),
    ...over,
  };
}

export function outcomeOf(
  call: Pick<PlannedCall, "callId" | "provider" | "model">,
  usage: Partial<CallUsage> | null,
): CallOutcome {
  return {
    callId: call.callId,
    status: 200,
    provider: call.provider,
    model: call.model,
    keyAlias: null,
    step: 0,
    attempts: [],
    cacheStatus: "MISS",
    usage: usage && { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...usage },
    estimated: false,
    firstByteMs: 5,
    durationMs: 10,
    error: null,
  };
}
