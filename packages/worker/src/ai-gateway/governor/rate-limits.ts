/** Requests and tokens per span of time, for all, a tenant, a token or a session. Counted in memory: a restart forgets at most one span. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Limits, RateRule } from "../../config/sections/limits.ts";
import { partOf } from "./call-match.ts";
import type { PlannedCall } from "./governor.ts";
import { RateWindow } from "./rate-window.ts";

/** What a call was counted as, to be corrected by what it really used. */
export interface RateHold {
  window: RateWindow;
  at: number;
  tokens: number;
}

interface Applied {
  id: string;
  rule: Pick<RateRule, "unit" | "limit" | "seconds" | "window">;
  part: string;
}

export class RateLimits {
  private readonly windows = new Map<string, RateWindow>();

  /** Counts the call, or throws RATE_LIMITED with `retryAfterMs` and counts nothing. */
  take(rules: Limits["rates"], call: PlannedCall): RateHold[] {
    const now = call.askedAt;
    const amounts = { requests: 1, tokens: call.inputTokens + call.maxOutputTokens };
    const taken = appliedTo(rules, call).map((applied) => ({ ...applied, held: this.windowOf(applied) }));
    for (const { id, rule, held } of taken) {
      const amount = amounts[rule.unit];
      if (held.count(now) + amount <= rule.limit) continue;
      throw new MoltError("RATE_LIMITED", {
        message: `the limit of ${rule.limit} ${rule.unit} in ${rule.seconds} seconds is reached`,
        retryAfterMs: held.waitMs(now, amount, rule.limit),
        details: { rule: id, limit: rule.limit, unit: rule.unit, seconds: rule.seconds },
        // What is larger than the whole limit never fits.
        retryable: amount <= rule.limit,
      });
    }
    const holds: RateHold[] = [];
    for (const { rule, held } of taken) {
      held.add(now, amounts[rule.unit]);
      if (rule.unit === "tokens") holds.push({ window: held, at: now, tokens: amounts.tokens });
    }
    return holds;
  }

  settle(holds: readonly RateHold[], tokensUsed: number): void {
    for (const { window, at, tokens } of holds) window.correct(at, tokensUsed - tokens);
  }

  prune(now: number): void {
    for (const [key, window] of this.windows) if (window.isIdle(now)) this.windows.delete(key);
  }

  private windowOf({ id, rule, part }: Applied): RateWindow {
    const key = `${id}|${rule.seconds}|${rule.window}|${part}`;
    let window = this.windows.get(key);
    if (!window) this.windows.set(key, (window = new RateWindow(rule.seconds, rule.window)));
    return window;
  }
}

function appliedTo(rules: Limits["rates"], call: PlannedCall): Applied[] {
  const applied: Applied[] = [];
  for (const [id, rule] of Object.entries(rules)) {
    const part = partOf(rule.scope, call, call);
    if (part !== null) applied.push({ id, rule, part });
  }
  const { own, tokenId } = call.caller;
  if (!own || tokenId === null) return applied;
  const minute = { seconds: 60, window: "sliding" } as const;
  if (own.requestsPerMinute !== undefined)
    applied.push({ id: ":requests", rule: { ...minute, unit: "requests", limit: own.requestsPerMinute }, part: tokenId });
  if (own.tokensPerMinute !== undefined)
    applied.push({ id: ":tokens", rule: { ...minute, unit: "tokens", limit: own.tokensPerMinute }, part: tokenId });
  return applied;
}
