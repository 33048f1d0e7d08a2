/**
 * The contract of what every model call passes before it leaves and after it has ended. In this order, and all before any
 * cache is read: deny rules, rate limits, budgets. Money is reserved at its worst case before dispatch and settled after;
 * who calls comes from the credential, never from a header.
 */

import { type ErrorCode, MoltError } from "@moltworker/protocol/errors";
import type { PrefixBreak, TokenLimits } from "@moltworker/protocol/gateway";

/** Who makes a model call. Made by `CallerDirectory` from a credential, or by a run of the assistant itself. */
export interface Caller {
  /** Whose money and whose cache: `owner` for the assistant's own calls. Never from the client's own words. */
  tenant: string;
  /** The API token that was presented; null for the assistant's own calls. */
  tokenId: string | null;
  /** The conversation, or `<tokenId>/<affinity>` for a client that names one (`x-session-affinity`); only ever narrows budgets. */
  sessionKey: string | null;
  channel: string | null;
  /** The schedule that started the run. */
  schedule: string | null;
  runId: string | null;
  /** The holder may read and price everything: `cf-aig-custom-cost` is then taken at its word. */
  admin: boolean;
  /** The token's own limits, beside those of the settings. */
  own: TokenLimits | null;
}

/** US dollars, as `cf-aig-custom-cost` says it. */
export type CustomCost = { perTokenIn: number; perTokenOut: number } | { totalCost: number };

/** One target a call may go to; sizes are estimates, the output at its most. */
export interface CallTarget {
  provider: string;
  model: string;
  inputTokens: number;
  maxOutputTokens: number;
}

/** A call as known before it leaves. */
export interface PlannedCall extends CallTarget {
  /** Unique; also the id of its log row (`cf-aig-log-id`). Make it with `newCallId`. */
  callId: string;
  caller: Caller;
  /** Path below the provider, such as `v1/chat/completions`. */
  endpoint: string;
  stream: boolean;
  /** `cf-aig-metadata`, at most five entries. */
  metadata: Readonly<Record<string, string | number | boolean>>;
  customCost?: CustomCost;
  /** Epoch milliseconds. */
  askedAt: number;
  /** The asker can lower the most it asks for to what a budget still pays (`Admission.maxOutputTokens`). Never for bodies passed through. */
  canShorten?: boolean;
  /** The asker puts an `ask` step before a person and comes again; it is then no refusal to be logged. */
  canAsk?: boolean;
  /** Budgets, by id, that a person allowed this call to pass after being asked. Only a run sets this. */
  approvedBudgets?: readonly string[];
  /** The asker can go to another model of the same kind when a soft step says so. Otherwise such a step only warns. */
  canSwitchModel?: boolean;
  /** The call that this one repeats, for its row. */
  replayOf?: string;
  /**
   * It is made beside the object that keeps the rows: its entry waits for the object's next `flush`, and `admit` refuses it with
   * `needsRow` when a row would have to be read or written.
   */
  atFront?: boolean;
}

export interface Remaining {
  /** Id of the budget. */
  budget: string;
  /** US dollars left after everything reserved, this call included. */
  usd: number;
}

export interface Admission {
  callId: string;
  /** `provider/model` to use: the one asked for, or the cheaper one of a soft step. */
  ref: string;
  /** Most to ask the model for; lower than planned only with `canShorten`. */
  maxOutputTokens: number;
  /** Worst case held against every budget it falls under. 0 when the price is unknown (a warning says so). */
  reservedUsd: number;
  /** Sentences for a person: a budget near its end, an unknown price. */
  warnings: readonly string[];
  remaining: readonly Remaining[];
}

export interface CallUsage {
  /** Tokens of the prompt, cached ones included. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
}

/** One exchange with a provider. A call has one or more, or none on a cache hit or a refusal. */
export interface CallAttempt {
  provider: string;
  model: string;
  keyAlias: string | null;
  /** HTTP status; 0 when none came. */
  status: number;
  startedAt: number;
  durationMs: number;
  error: ErrorCode | null;
  /** What this exchange used; null when the provider began nothing. Absent on the last one: `CallOutcome.usage` is its. */
  usage?: CallUsage | null;
}

export interface CallOutcome {
  callId: string;
  /** HTTP status that the caller got. */
  status: number;
  /** The target that answered, or was tried last. */
  provider: string;
  model: string;
  keyAlias: string | null;
  /** Index of the winning element of a universal request; 0 otherwise. */
  step: number;
  attempts: readonly CallAttempt[];
  cacheStatus: "HIT" | "MISS" | "BYPASS";
  /** null when nothing was used (a hit, or a refusal before generating). For a cut stream give an estimate and say so. */
  usage: CallUsage | null;
  estimated: boolean;
  /** Milliseconds from `askedAt` to the first body byte for the caller; null when none came. */
  firstByteMs: number | null;
  durationMs: number;
  error: MoltError | null;
  /** Kept only as the settings say, redacted and cut there. Give them only while `wantsBodies()`. */
  requestBody?: string;
  responseBody?: string;
  requestContentType?: string;
  responseContentType?: string;
  requestBytes?: number;
  responseBytes?: number;
  userAgent?: string;
  eventId?: string;
  /** `cf-aig-collect-log: false` drops the row (never the accounting), `cf-aig-collect-log-payload: false` the bodies. */
  collectLog?: boolean;
  collectPayload?: boolean;
  /** What `comparePrefix` found. */
  prefixBreak?: PrefixBreak | null;
}

export interface Settlement {
  /** US dollars; null when the price is unknown. */
  costUsd: number | null;
  estimated: boolean;
  remaining: readonly Remaining[];
}

/** Thrown by `admit`, with nothing held or entered: only the object can admit this call. */
export const needsRow = new MoltError("UNAVAILABLE", { message: "this call needs what only the assistant itself can read" });

export interface Governor {
  /**
   * Throws FORBIDDEN (a deny rule), RATE_LIMITED with `retryAfterMs`, BUDGET_EXCEEDED (`details.step` is `stop` or `ask`,
   * `details.budget` its id). Nothing is held after a throw. A refused call is logged by the governor itself.
   */
  admit(call: PlannedCall): Promise<Admission>;
  /**
   * A further attempt of an admitted call goes to another target, or repeats one that may have been charged: deny rules
   * hold for it and its worst case is added to what is reserved. Throws like `admit`; the call itself stays admitted.
   */
  extend(callId: string, target: CallTarget): Promise<void>;
  /** Exactly once per admitted call, hits and failures included; a second time changes nothing. Never throws. */
  settle(outcome: CallOutcome): Settlement;
  /** Whether request and response bodies are kept now; reading them costs, so ask first. */
  wantsBodies(): boolean;
  /** Writes the books now instead of within a quarter of a second. */
  flush(): void;
}

/** Gateway credentials, whatever header they came in. */
export interface CallerDirectory {
  /** Without asking anybody; undefined when it must be asked for. */
  known(bearer: string): Caller | undefined;
  /** Throws AUTH_TOKEN_MISSING, AUTH_TOKEN_MISMATCH, AUTH_RATE_LIMITED, FORBIDDEN (its scopes lack `gateway.use`). */
  callerFor(bearer: string, address: () => string): Promise<Caller>;
}
