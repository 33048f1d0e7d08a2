/** All tries at one target: its keys in turn, then again after a pause, as long as that can help and the retry budget allows it. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";
import { createDeadlines, type Deadlines } from "../../platform/deadlines.ts";
import type { Egress } from "../../platform/egress.ts";
import type { Log } from "../../platform/log.ts";
import type { KeyPool, PoolKey } from "../../secrets/key-pool.ts";
import type { CallAttempt, Caller, Governor } from "../governor/governor.ts";
import { attemptTarget } from "./attempt-target.ts";
import type { Breakers } from "./breaker.ts";
import type { AnswerCache } from "./cache.ts";
import type { Timeouts } from "./exchange.ts";
import type { AtFront } from "./front-desk.ts";
import type { Bad, Good, Target } from "./plan.ts";
import type { PrefixNotes } from "./prefix-notes.ts";
import { pauseBefore, type RetryBudget } from "./retry-budget.ts";
import { guessOf, sizesOf } from "./sizes.ts";

export interface PipelineSettings {
  retry: { attempts: number; delayMs: number; backoff: "constant" | "linear" | "exponential" };
  cacheSeconds: number;
  timeouts: Timeouts;
}

export interface PipelineDeps {
  governor: Governor;
  keys: KeyPool;
  breakers: Breakers;
  retryBudget: RetryBudget;
  cache: AnswerCache;
  prefixes: PrefixNotes;
  egress: Egress;
  deadlines: Deadlines;
  clock: Clock;
  log: Log;
  /** The most a model writes when its caller set no limit, tokens. */
  mostOutputOf(provider: string, model: string): number;
  random(): number;
}

export interface CallInput {
  callId: string;
  caller: Caller;
  targets: readonly [Target, ...Target[]];
  settings: PipelineSettings;
  signal: AbortSignal | undefined;
  /** The caller's SDK repeats by itself, and this is such a repetition: ours would multiply it. */
  isClientRetry: boolean;
  userAgent: string | undefined;
  warnings: readonly string[];
  /** The logged call that this one repeats. */
  replayOf?: string;
  /** Given when this is not the object's own turn. */
  atFront: AtFront | undefined;
}

export type Tried = { ok: true; good: Good; key: PoolKey | null } | { ok: false; bad: Bad };

export class TargetTries {
  private readonly deps: PipelineDeps;
  private readonly input: CallInput;
  private readonly attempts: CallAttempt[];

  /** `attempts` gets a row for every exchange. */
  constructor(deps: PipelineDeps, input: CallInput, attempts: CallAttempt[]) {
    this.deps = deps;
    this.input = input;
    this.attempts = attempts;
  }

  /** Throws PROVIDER_KEY_MISSING, NOT_FOUND (an alias), and what the governor refuses. */
  async run(target: Target): Promise<Tried> {
    const { deps, input } = this;
    const { retry } = input.settings;
    const { provider } = target.upstream;
    const { options } = target;
    deps.retryBudget.earn(provider);
    const repeatable = target.stream === null && !input.isClientRetry;
    const most = repeatable ? (options.maxAttempts ?? retry.attempts) : 1;
    let bad: Bad | undefined;
    for (let tries = 1; ; tries += 1) {
      const round = await this.tryKeys(target, tries === most);
      if (round.ok) return round;
      bad = round.bad;
      if (tries >= most || (bad.kind !== "transient" && bad.kind !== "limited") || bad.error.details.breaker) break;
      const delayMs = pauseBefore(
        tries,
        {
          delayMs: options.retryDelayMs ?? retry.delayMs,
          backoff: options.backoff ?? retry.backoff,
          retryAfterMs: bad.error.retryAfterMs,
        },
        deps.random,
      );
      if (delayMs === undefined || !deps.retryBudget.spend(provider)) break;
      try {
        await deps.clock.sleep(delayMs, input.signal);
      } catch {
        return { ok: false, bad: { ...bad, kind: "stopped", error: new MoltError("ABORTED") } };
      }
      // What had begun may be charged although nobody saw it.
      if (bad.begun) await deps.governor.extend(input.callId, sizesOf(deps, target));
    }
    return { ok: false, bad };
  }

  /** One round over the keys: a refused or limited one gives way to the next at once. */
  private async tryKeys(
    target: Target,
    isLast: boolean,
  ): Promise<{ ok: true; good: Good; key: PoolKey | null } | { ok: false; bad: Bad }> {
    const { deps, input } = this;
    let bad: Bad | undefined;
    for (const key of this.keysFor(target)) {
      const breaker = { provider: target.upstream.provider, model: target.model, keyAlias: key?.alias ?? "" };
      const waitMs = deps.breakers.waitMs(breaker);
      if (waitMs > 0) {
        bad ??= brokenOff(target, waitMs);
        continue;
      }
      const startedAt = deps.clock.now();
      const { timeouts } = input.settings;
      const attempt = target.attempt ?? attemptTarget;
      const result = await attempt({
        target,
        key,
        // The last try waits as long as the settings allow: there is nothing to be saved for.
        timeouts:
          target.options.requestTimeoutMs === undefined ||
          (isLast && this.input.targets.length > 1 && target === input.targets.at(-1))
            ? timeouts
            : { ...timeouts, firstByteMs: Math.min(target.options.requestTimeoutMs, timeouts.firstByteMs) },
        egress: deps.egress,
        // A timer belongs to the turn that set it.
        deadlines: input.atFront ? createDeadlines() : deps.deadlines,
        signal: input.signal,
      });
      this.note(target, key, startedAt, result);
      if (result.ok) {
        deps.breakers.succeeded(breaker);
        if (key) deps.keys.praise(key);
        return { ok: true, good: result, key };
      }
      bad = result;
      if (result.kind === "transient") deps.breakers.failed(breaker, result.error.code);
      else deps.breakers.abandoned(breaker);
      if (key && result.kind === "key") deps.keys.reject(key);
      if (key && result.said?.status === 429) deps.keys.cool(key, deps.clock.now() + (result.error.retryAfterMs ?? 10_000));
      if ((result.kind !== "key" && result.kind !== "limited") || target.stream) break;
    }
    return { ok: false, bad: bad as Bad };
  }

  private keysFor(target: Target): (PoolKey | null)[] {
    const { upstream, ownKey, options } = target;
    if (ownKey) return [null];
    const { caller } = this.input;
    const affinity = caller.sessionKey ?? caller.tokenId ?? caller.tenant;
    // An alias that is not known here may be one of the gateway in between.
    const known =
      upstream.gatewayHeaders && options.keyAlias !== undefined
        ? this.deps.keys.list().some((key) => key.provider === upstream.provider && key.alias === options.keyAlias)
        : true;
    const keys = known ? this.deps.keys.pick(upstream.provider, { alias: options.keyAlias, affinity }) : [];
    if (keys.length > 0) return keys;
    if (!upstream.needsKey) return [null];
    throw new MoltError("PROVIDER_KEY_MISSING", {
      message: `${upstream.label} has no key here, and the request brought none`,
      hint: "Add a key under Settings, Models, or send your own together with `cf-aig-authorization`.",
      details: { provider: upstream.provider },
    });
  }

  private note(target: Target, key: PoolKey | null, startedAt: number, result: Good | Bad): void {
    this.attempts.push({
      provider: target.upstream.provider,
      model: target.model,
      keyAlias: key?.alias ?? null,
      status: result.ok ? result.status : (result.said?.status ?? 0),
      startedAt,
      durationMs: this.deps.clock.now() - startedAt,
      error: result.ok ? null : result.error.code,
      ...(result.ok ? {} : { usage: result.begun ? guessOf(this.deps, target, 0) : null }),
    });
  }
}

function brokenOff(target: Target, waitMs: number): Bad {
  const { label, provider } = target.upstream;
  const error = new MoltError("PROVIDER_UNAVAILABLE", {
    message: `${label} failed several times in a row, so ${target.model || "it"} is not asked for the moment`,
    hint: "Try again after the time given, choose another model, or clear the breaker under AI gateway.",
    details: { provider, breaker: true },
    retryAfterMs: waitMs,
  });
  return { ok: false, error, said: null, kind: "transient", begun: false };
}
