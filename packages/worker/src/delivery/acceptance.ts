/**
 * Acceptance comes first. While updates stream in, work on those that are kept already begins slowly, so that the answer to the
 * provider waits for no model's words; it never stands still, and in quiet times nothing is held back.
 */

import type { Clock } from "../platform/clock.ts";

export interface Acceptance {
  /** An update is being taken in until the work settles. */
  during<Value>(work: () => Promise<Value>): Promise<Value>;
  /** How many rows may be begun now, and when to ask again if that may be fewer than wait. */
  mayTake(): { rows: number; againInMs?: number };
}

/** No update for so long: the rush is over. */
const quietMs = 60;
/** In a rush one row is begun in each such time, which leaves most of a core to acceptance. */
const shareMs = 50;
/** One that does not end gets about what a core can do: then both go on. */
const longRushMs = 3_000;
const longShareMs = 15;

export function createAcceptance(clock: Pick<Clock, "now">): Acceptance {
  let inHand = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let rushSince = 0;
  let begunAt = Number.NEGATIVE_INFINITY;
  return {
    async during(work) {
      const now = clock.now();
      if (inHand === 0 && now - lastAt >= quietMs) rushSince = now;
      inHand += 1;
      try {
        return await work();
      } finally {
        inHand -= 1;
        lastAt = clock.now();
      }
    },
    mayTake() {
      const now = clock.now();
      if (inHand === 0 && now - lastAt >= quietMs) return { rows: Number.MAX_SAFE_INTEGER };
      const waitMs = begunAt + (now - rushSince < longRushMs ? shareMs : longShareMs) - now;
      if (waitMs > 0) return { rows: 0, againInMs: waitMs };
      begunAt = now;
      return { rows: 1, againInMs: 1 };
    },
  };
}
