/** The AI gateway's rows as methods return them: limits of a token, log rows, what was used and what is left. */

export const budgetPeriods = ["day", "week", "month", "always"] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

/** Limits that a token carries, beside those of the settings. */
export interface TokenLimits {
  /** `provider` or `provider/model`; `*` at the end matches the rest. Absent: everything. */
  allow?: string[] | undefined;
  /** US dollars. */
  budget?: { usd: number; per: BudgetPeriod } | undefined;
  /** In any span of a minute. */
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}

/** One call through the AI gateway: what is kept of it. */
export interface GatewayLogRow {
  /** Also the `cf-aig-log-id` of its answer. Rises with time. */
  id: string;
  /** Epoch milliseconds. */
  at: number;
  tenant: string;
  tokenId: string | null;
  sessionKey: string | null;
  channel: string | null;
  schedule: string | null;
  runId: string | null;
  provider: string;
  model: string;
  keyAlias: string | null;
  /** Path below the provider. */
  endpoint: string;
  stream: boolean;
  /** HTTP status that the caller got. */
  status: number;
  /** Code of the failure, or null. */
  error: string | null;
  errorMessage: string | null;
  cache: "HIT" | "MISS" | "BYPASS";
  /** Index of the winning element of a universal request. */
  step: number;
  /** Each exchange with a provider, in order. */
  attempts: GatewayAttempt[];
  inputTokens: number;
  outputTokens: number;
  cacheRead: number;
  cacheWrite: number;
  reasoningTokens: number;
  /** US dollars; null when the price is unknown. */
  costUsd: number | null;
  reservedUsd: number;
  customCost: boolean;
  estimated: boolean;
  firstByteMs: number | null;
  durationMs: number;
  metadata: Record<string, string | number | boolean>;
  eventId: string | null;
  userAgent: string | null;
  requestType: string | null;
  responseType: string | null;
  requestBytes: number | null;
  responseBytes: number | null;
  /** Where this request departed from the one before it in its session, so that the provider's cache did not serve the rest. */
  prefixBreak: PrefixBreak | null;
  /** The call that this one repeats. */
  replayOf: string | null;
  feedback: -1 | 1 | null;
  /** 0 to 100. */
  score: number | null;
  hasBodies: boolean;
}

export interface GatewayAttempt {
  provider: string;
  model: string;
  keyAlias: string | null;
  /** 0 when no answer came. */
  status: number;
  startedAt: number;
  durationMs: number;
  error: string | null;
}

export interface PrefixBreak {
  /** Bytes of the request that were still the same. */
  atByte: number;
  /** US dollars that reading the rest from the cache would have saved, by estimate. */
  costUsd: number;
}

/** Every given field must fit. */
export interface GatewayLogFilter {
  provider?: string | undefined;
  model?: string | undefined;
  tenant?: string | undefined;
  tokenId?: string | undefined;
  sessionKey?: string | undefined;
  channel?: string | undefined;
  runId?: string | undefined;
  eventId?: string | undefined;
  replayOf?: string | undefined;
  cache?: "HIT" | "MISS" | "BYPASS" | undefined;
  /** Only failures, or only successes. */
  success?: boolean | undefined;
  status?: number | undefined;
  metadataKey?: string | undefined;
  metadataValue?: string | undefined;
  feedback?: -1 | 1 | undefined;
  /** Words in model, endpoint, error, user agent or metadata. */
  search?: string | undefined;
  /** Epoch milliseconds. */
  since?: number | undefined;
  until?: number | undefined;
}

/** What the charts are about; each has its own sums. */
export const usageKinds = ["all", "provider", "model", "session", "channel", "token", "tenant", "schedule"] as const;
export type UsageKind = (typeof usageKinds)[number];

/** Sums over a span of time. */
export interface UsageSums {
  calls: number;
  /** Calls that ended with an error, refusals included. */
  errors: number;
  /** Answered from the cache. */
  hits: number;
  /** Exchanges with providers: retries and fallbacks make them more than the calls. */
  attempts: number;
  /** Calls whose price is unknown; `costUsd` is without them. */
  unpriced: number;
  /** Calls whose tokens are our estimate. */
  estimated: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  costUsd: number;
  /** Milliseconds that half, and nineteen in twenty, of the calls took; null of none. */
  p50Ms: number | null;
  p95Ms: number | null;
  firstByteP50Ms: number | null;
}

export interface GatewayUsage {
  from: number;
  until: number;
  /** Milliseconds a point covers. */
  stepMs: number;
  totals: UsageSums;
  /** One a step, also those without a call. `at` is its beginning, epoch milliseconds. */
  points: (UsageSums & { at: number })[];
  /** By key of the asked kind, dearest first. */
  top: (UsageSums & { key: string; label: string })[];
}

export interface BudgetStatus {
  /** Id in the settings; `:token` for a token's own. */
  id: string;
  name: string;
  scope: string;
  /** Whose: a session's key, a token's id, …; empty for all together. */
  part: string;
  /** The same for a person. */
  label: string;
  per: BudgetPeriod;
  limitUsd: number;
  spentUsd: number;
  /** Held for calls that have not ended. */
  reservedUsd: number;
  /** Epoch milliseconds; null when it never does. */
  resetsAt: number | null;
  step: "ok" | "warn" | "cheaper" | "ask" | "stop";
}

/** OpenClaw's shape of what tokens cost. */
export interface CostTotals {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  totalTokens: number;
  totalCost: number;
  missingCostEntries: number;
}
