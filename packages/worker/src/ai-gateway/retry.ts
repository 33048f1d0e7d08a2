/** When a failed try is made again: only for what may pass by itself, within a number of tries and a span of time. */

import type { MoltError } from "@moltworker/protocol/errors";
import type { GatewayLimits } from "./settings.ts";

const longestDelayMs = 8_000;

export interface TryCount {
  /** Tries made so far. */
  tries: number;
  /** Milliseconds since the first one began. */
  elapsedMs: number;
}

/** Milliseconds to wait before the next try, or undefined when there shall be none. A provider's own wish to wait is a floor. */
export function retryDelayMs(error: MoltError, count: TryCount, limits: GatewayLimits, random: () => number): number | undefined {
  if (!error.retryable || count.tries >= limits.maxTries) return undefined;
  const ceiling = Math.min(longestDelayMs, limits.firstRetryMs * 2 ** (count.tries - 1));
  const delayMs = Math.max(error.retryAfterMs ?? 0, Math.round(ceiling * (0.5 + random() / 2)));
  return count.elapsedMs + delayMs < limits.retryBudgetMs ? delayMs : undefined;
}
