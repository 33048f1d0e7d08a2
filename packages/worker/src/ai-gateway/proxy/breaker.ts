/**
 * Breakers, one per (provider, model, key): after several failures in a row nothing is sent there for a while, then a single
 * call tries. Fed by what happens before the first delivered byte. In memory: a fresh start gives everyone a fresh chance.
 */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { BreakerRow } from "@moltworker/protocol/gateway-health";
import type { Clock } from "../../platform/clock.ts";

export interface BreakerKey {
  provider: string;
  model: string;
  keyAlias: string;
}

export interface BreakerFilter {
  provider?: string | undefined;
  model?: string | undefined;
  keyAlias?: string | undefined;
}

export interface Breakers {
  /** Milliseconds until it may be tried; 0: now. A call that is let through as a trial must report its end. */
  waitMs(key: BreakerKey): number;
  succeeded(key: BreakerKey): void;
  failed(key: BreakerKey, code: ErrorCode): void;
  /** The call ended without saying anything about the provider (stopped by its caller, refused for its content). */
  abandoned(key: BreakerKey): void;
  list(): BreakerRow[];
  /** Returns how many were cleared. */
  clear(filter: BreakerFilter): number;
}

const failuresToOpen = 5;
const firstPauseMs = 10_000;
const longestPauseMs = 120_000;
/** A trial that never reported is taken for lost. */
const trialMs = 60_000;
const kept = 500;

interface Breaker extends BreakerKey {
  failures: number;
  lastError: ErrorCode;
  lastFailureAt: number;
  openUntil: number;
  trialUntil: number;
}

export function createBreakers(clock: Clock): Breakers {
  const breakers = new Map<string, Breaker>();
  const nameOf = ({ provider, model, keyAlias }: BreakerKey) => `${provider}\n${model}\n${keyAlias}`;
  const isOpen = (breaker: Breaker) => breaker.failures >= failuresToOpen;
  return {
    waitMs(key) {
      if (breakers.size === 0) return 0;
      const breaker = breakers.get(nameOf(key));
      if (!breaker || !isOpen(breaker)) return 0;
      const now = clock.now();
      if (breaker.openUntil > now) return breaker.openUntil - now;
      if (breaker.trialUntil > now) return breaker.trialUntil - now;
      breaker.trialUntil = now + trialMs;
      return 0;
    },
    succeeded(key) {
      if (breakers.size > 0) breakers.delete(nameOf(key));
    },
    failed(key, code) {
      const name = nameOf(key);
      const now = clock.now();
      const breaker = breakers.get(name) ?? {
        ...key,
        failures: 0,
        lastError: code,
        lastFailureAt: now,
        openUntil: 0,
        trialUntil: 0,
      };
      // Failures far apart are no row.
      if (now - breaker.lastFailureAt > longestPauseMs && !isOpen(breaker)) breaker.failures = 0;
      breaker.failures += 1;
      breaker.lastError = code;
      breaker.lastFailureAt = now;
      breaker.trialUntil = 0;
      if (isOpen(breaker))
        breaker.openUntil = now + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(10, breaker.failures - failuresToOpen));
      breakers.delete(name);
      breakers.set(name, breaker);
      if (breakers.size > kept) breakers.delete(breakers.keys().next().value as string);
    },
    abandoned(key) {
      const breaker = breakers.size > 0 ? breakers.get(nameOf(key)) : undefined;
      if (breaker) breaker.trialUntil = 0;
    },
    list: () =>
      [...breakers.values()].map((breaker) => {
        const now = clock.now();
        const open = isOpen(breaker);
        const trying = open && breaker.openUntil <= now && breaker.trialUntil > now;
        return {
          provider: breaker.provider,
          model: breaker.model,
          keyAlias: breaker.keyAlias,
          state: trying ? "trying" : open ? "open" : "closed",
          failures: breaker.failures,
          lastError: breaker.lastError,
          lastFailureAt: breaker.lastFailureAt,
          until: open ? breaker.openUntil : null,
        };
      }),
    clear({ provider, model, keyAlias }) {
      let cleared = 0;
      for (const [name, breaker] of breakers) {
        const fits =
          (provider === undefined || breaker.provider === provider) &&
          (model === undefined || breaker.model === model) &&
          (keyAlias === undefined || breaker.keyAlias === keyAlias);
        if (fits && breakers.delete(name)) cleared += 1;
      }
      return cleared;
    },
  };
}
