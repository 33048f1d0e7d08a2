/** One call as the books keep it: made when it is settled, refused, or found orphaned. */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { CallAttempt, CallOutcome, CallUsage, PlannedCall } from "./governor.ts";

export interface CallRecord {
  call: PlannedCall;
  provider: string;
  model: string;
  keyAlias: string | null;
  status: number;
  error: ErrorCode | null;
  errorMessage: string | null;
  cache: CallOutcome["cacheStatus"];
  step: number;
  attempts: readonly CallAttempt[];
  usage: CallUsage;
  /** Nanodollars; null when the price is unknown. */
  cost: number | null;
  reserved: number;
  estimated: boolean;
  firstByteMs: number | null;
  durationMs: number;
  outcome?: CallOutcome;
}

const nothing: CallUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

export function settledRecord(
  call: PlannedCall,
  outcome: CallOutcome,
  money: { cost: number | null; reserved: number },
): CallRecord {
  return {
    call,
    provider: outcome.provider,
    model: outcome.model,
    keyAlias: outcome.keyAlias,
    status: outcome.status,
    error: outcome.error?.code ?? null,
    errorMessage: outcome.error?.message ?? null,
    cache: outcome.cacheStatus,
    step: outcome.step,
    attempts: outcome.attempts,
    usage: allUsage(outcome),
    ...money,
    estimated: outcome.estimated,
    firstByteMs: outcome.firstByteMs,
    durationMs: outcome.durationMs,
    outcome,
  };
}

/** A call that never left. */
export function refusedRecord(call: PlannedCall, refusal: { code: ErrorCode; message: string; status: number }): CallRecord {
  return {
    call,
    provider: call.provider,
    model: call.model,
    keyAlias: null,
    status: refusal.status,
    error: refusal.code,
    errorMessage: refusal.message,
    cache: "BYPASS",
    step: 0,
    attempts: [],
    usage: nothing,
    cost: 0,
    reserved: 0,
    estimated: false,
    firstByteMs: null,
    durationMs: 0,
  };
}

/** Of every exchange together. */
function allUsage({ usage, attempts }: Pick<CallOutcome, "usage" | "attempts">): CallUsage {
  const sum = { ...(usage ?? nothing) };
  for (const { usage: more } of attempts) {
    if (!more) continue;
    sum.input += more.input;
    sum.output += more.output;
    sum.cacheRead += more.cacheRead;
    sum.cacheWrite += more.cacheWrite;
    sum.reasoning += more.reasoning;
  }
  return sum;
}
