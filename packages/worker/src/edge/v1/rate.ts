/** Limits on how often and how much at once one token may ask. In memory: they slow down, they protect no secret. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";

const MAX_OPEN = 32;
const minuteMs = 60_000;

export interface Rate {
  /** Counts one request. Throws RATE_LIMITED. */
  take(owner: string): void;
  /** Counts one open answer until the returned function is called, which may be more than once. Throws RATE_LIMITED. */
  open(owner: string): () => void;
}

interface Bucket {
  /** Requests that may still be made now. */
  tokens: number;
  filledAt: number;
}

export function createRate(clock: Clock, perMinute: () => number): Rate {
  const buckets = new Map<string, Bucket>();
  const openAnswers = new Map<string, number>();
  return {
    take(owner) {
      const limit = perMinute();
      const now = clock.now();
      const bucket = buckets.get(owner) ?? { tokens: limit, filledAt: now };
      const tokens = Math.min(limit, bucket.tokens + ((now - bucket.filledAt) / minuteMs) * limit);
      buckets.set(owner, { tokens: tokens < 1 ? tokens : tokens - 1, filledAt: now });
      if (tokens >= 1) return;
      throw new MoltError("RATE_LIMITED", {
        message: `this token may ask ${limit} times a minute`,
        hint: "Wait for the time given, or raise httpApi.requestsPerMinute in the settings.",
        retryAfterMs: Math.ceil(((1 - tokens) / limit) * minuteMs),
      });
    },
    open(owner) {
      const count = openAnswers.get(owner) ?? 0;
      if (count >= MAX_OPEN)
        throw new MoltError("RATE_LIMITED", {
          message: `this token already waits for ${MAX_OPEN} answers`,
          hint: "Wait until one of them has ended.",
          retryAfterMs: 1_000,
        });
      openAnswers.set(owner, count + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        openAnswers.set(owner, (openAnswers.get(owner) ?? 1) - 1);
      };
    },
  };
}
