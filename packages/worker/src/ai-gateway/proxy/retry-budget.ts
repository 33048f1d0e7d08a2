/** How often a failed try is made again, so that a provider in trouble is not buried: a share of its calls and a few beside. */

import type { Clock } from "../../platform/clock.ts";

export interface RetryBudget {
  /** A call begins. */
  earn(provider: string): void;
  /** False when there have been too many retries lately. */
  spend(provider: string): boolean;
}

const most = 20;
const perCall = 0.2;
const perSecond = 0.5;

export function createRetryBudget(clock: Clock): RetryBudget {
  const purses = new Map<string, { tokens: number; at: number }>();
  const purseOf = (provider: string) => {
    const now = clock.now();
    const purse = purses.get(provider) ?? { tokens: most / 2, at: now };
    purse.tokens = Math.min(most, purse.tokens + ((now - purse.at) / 1_000) * perSecond);
    purse.at = now;
    purses.set(provider, purse);
    return purse;
  };
  return {
    earn(provider) {
      const purse = purseOf(provider);
      purse.tokens = Math.min(most, purse.tokens + perCall);
    },
    spend(provider) {
      const purse = purseOf(provider);
      if (purse.tokens < 1) return false;
      purse.tokens -= 1;
      return true;
    },
  };
}

/** Milliseconds before the try after `tries`; undefined: the provider wants a longer wait than a caller would. */
export function pauseBefore(
  tries: number,
  wish: { delayMs: number; backoff: "constant" | "linear" | "exponential"; retryAfterMs: number | undefined },
  random: () => number,
): number | undefined {
  const factor = wish.backoff === "constant" ? 1 : wish.backoff === "linear" ? tries : 2 ** (tries - 1);
  const own = Math.min(longestOwnMs, wish.delayMs * factor);
  const jittered = own * (0.75 + random() / 2);
  if (wish.retryAfterMs !== undefined && wish.retryAfterMs > longestWishMs) return undefined;
  return Math.round(Math.max(jittered, wish.retryAfterMs ?? 0));
}

const longestOwnMs = 20_000;
const longestWishMs = 30_000;
