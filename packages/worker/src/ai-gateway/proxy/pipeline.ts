/**
 * The way of a call once its caller and its targets are known: admission, cache, then each target in order, each with its keys
 * and its tries, until one answer may be delivered. Admitted once, settled once, whatever happens.
 */

import { isMoltError, type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { PoolKey } from "../../secrets/key-pool.ts";
import {
  type Admission,
  type CallAttempt,
  type CallOutcome,
  type CallUsage,
  needsRow,
  type Settlement,
} from "../governor/governor.ts";
import type { Comparison } from "../governor/prefix-watch.ts";
import { answerHeaders, type CallFacts } from "./answer-headers.ts";
import { type CachedAnswer, cacheKeyOf } from "./cache.ts";
import { textOf } from "./call-body.ts";
import { deliver, type StreamEnd } from "./delivery.ts";
import type { HeaderRecord } from "./headers.ts";
import type { Bad, Good, Target } from "./plan.ts";
import { refusalAnswer, unknownAlias } from "./refusals.ts";
import { guessOf, sizesOf } from "./sizes.ts";
import { BodyRecord, CacheTap } from "./taps.ts";
import { type CallInput, type PipelineDeps, TargetTries } from "./target-tries.ts";

export class CallRun {
  private readonly deps: PipelineDeps;
  private readonly input: CallInput;
  private readonly askedAt: number;
  private readonly attempts: CallAttempt[] = [];
  private admission: Admission | undefined;
  private land: (() => void) | undefined;
  private settled = false;
  private cacheKey: string | undefined;
  private warnings: readonly string[];
  private readonly tries: TargetTries;
  private prefix: Comparison | undefined;

  constructor(deps: PipelineDeps, input: CallInput) {
    this.deps = deps;
    this.input = input;
    this.askedAt = deps.clock.now();
    this.warnings = input.warnings;
    this.tries = new TargetTries(deps, input, this.attempts);
  }

  /** Throws only `needsRow`, with nothing held and nothing sent. */
  async run(): Promise<Response> {
    const [first] = this.input.targets;
    try {
      this.admission = await this.deps.governor.admit(this.planned(first));
    } catch (error) {
      if (error === needsRow) throw error;
      this.input.atFront?.entered();
      return refusalAnswer(moltErrorFrom(error), undefined, this.ownHeaders());
    }
    try {
      const cached = await this.fromCache();
      return cached ?? (await this.fromProviders());
    } catch (thrown) {
      if (!isMoltError(thrown)) this.deps.log.error("gateway.call_failed", { error: thrown });
      return this.refuse(moltErrorFrom(thrown), first);
    }
  }

  private planned(target: Target) {
    const { callId, caller, atFront } = this.input;
    const { options } = target;
    return {
      callId,
      caller,
      ...sizesOf(this.deps, target),
      endpoint: target.endpoint,
      stream: target.wantsStream,
      metadata: options.metadata,
      ...(this.input.replayOf === undefined ? {} : { replayOf: this.input.replayOf }),
      ...(options.customCost ? { customCost: options.customCost } : {}),
      ...(atFront ? { atFront: true } : {}),
      askedAt: this.askedAt,
    };
  }

  private async fromCache(): Promise<Response | undefined> {
    const { targets, caller } = this.input;
    const [{ options }] = targets;
    if (this.cacheSeconds() === 0) return undefined;
    const key = await cacheKeyOf(caller.tenant, targets, options.cacheKey);
    if (key === undefined) return undefined;
    this.cacheKey = key;
    for (;;) {
      const found = this.deps.cache.find(key);
      if (found) return this.replay(found);
      const land = await this.deps.cache.lead(key);
      if (!land) continue;
      this.land = land;
      // Between looking and leading another call may have stored it.
      const stored = this.deps.cache.find(key);
      if (stored) return this.replay(stored);
      return undefined;
    }
  }

  private cacheSeconds(): number {
    const { options } = this.input.targets[0];
    if (options.skipCache) return 0;
    const { cacheSeconds } = this.input.settings;
    // A key without a time to live means five minutes, as at Cloudflare.
    return options.cacheTtl ?? (options.cacheKey !== undefined && cacheSeconds === 0 ? 300 : cacheSeconds);
  }

  private replay(answer: CachedAnswer): Response {
    const [target] = this.input.targets;
    const settlement = this.settle(target, { status: answer.status, cacheStatus: "HIT", usage: null });
    const headers = answerHeaders(Object.fromEntries(answer.headers), {
      ...this.facts(target, settlement),
      step: answer.step,
      cacheStatus: "HIT",
      provider: answer.provider,
      model: answer.model,
    });
    return new Response(answer.body, { status: answer.status, headers });
  }

  private async fromProviders(): Promise<Response> {
    const { targets } = this.input;
    let last: { bad: Bad; target: Target } | undefined;
    for (const target of targets) {
      if (target !== targets[0]) {
        try {
          await this.deps.governor.extend(this.input.callId, sizesOf(this.deps, target));
        } catch (thrown) {
          // What the earlier target said tells the caller more than that the next one is not allowed.
          if (last) break;
          throw thrown;
        }
      }
      this.prefix = this.deps.prefixes.compare(this.input.caller.sessionKey, target, this.askedAt);
      const result = await this.tries.run(target);
      if (result.ok) return this.answer(result.good, target, result.key);
      last = { bad: result.bad, target };
      if (result.bad.kind === "stopped") break;
    }
    const { bad, target } = last as { bad: Bad; target: Target };
    return this.passOn(bad, target);
  }

  private answer(good: Good, target: Target, key: PoolKey | null): Response {
    const { status, headers } = good;
    this.warnings = [...this.warnings, ...good.warnings];
    const firstByteMs = this.deps.clock.now() - this.askedAt;
    const tap = this.tapFor(target, good.whole === null);
    if (good.whole) {
      tap?.take(good.whole);
      tap?.end(true, status, headers);
      const usage =
        good.usage ?? (target.dialect === "other" ? null : guessOf(this.deps, target, Math.ceil(good.whole.length / 8)));
      const settlement = this.settle(target, {
        status,
        usage,
        estimated: good.usage === undefined && usage !== null,
        firstByteMs,
        key,
        responseBytes: good.whole.length,
        responseBody: good.whole,
        responseContentType: headers["content-type"] ?? null,
      });
      const empty = status === 204 || status === 205 || status === 304;
      return new Response(empty ? null : good.whole, { status, headers: answerHeaders(headers, this.facts(target, settlement)) });
    }
    const bodies = this.deps.governor.wantsBodies() ? new BodyRecord() : undefined;
    const see = (chunk: Uint8Array) => {
      tap?.take(chunk);
      bodies?.take(chunk);
    };
    const { body, end } = deliver(good, target, tap || bodies ? see : undefined);
    const settled = end.then((over) => {
      tap?.end(over.error === null, status, headers);
      this.settleStream(target, key, over, { status, firstByteMs, headers, bodies });
    });
    this.input.atFront?.waitUntil(settled);
    return new Response(body, { status, headers: answerHeaders(headers, this.facts(target, undefined)) });
  }

  private settleStream(
    target: Target,
    key: PoolKey | null,
    over: StreamEnd,
    known: { status: number; firstByteMs: number; headers: HeaderRecord; bodies: BodyRecord | undefined },
  ): void {
    const whole = over.usage !== undefined && over.error === null;
    const guess = guessOf(this.deps, target, over.estimate);
    // A cut stream may have said its input and the first of its output; more than that was generated.
    const usage = over.usage
      ? { ...over.usage, output: whole ? over.usage.output : Math.max(over.usage.output, guess.output) }
      : guess;
    this.settle(target, {
      status: known.status,
      usage: target.dialect === "other" && !over.usage ? null : usage,
      estimated: !whole,
      firstByteMs: known.firstByteMs,
      key,
      error: over.error,
      responseBytes: over.bytes,
      responseBody: known.bodies?.bytes(),
      responseContentType: known.headers["content-type"] ?? null,
    });
  }

  /** Collects what will be stored; undefined when this call is not cached. */
  private tapFor(target: Target, isStream: boolean): CacheTap | undefined {
    if (this.cacheKey === undefined) return undefined;
    const seconds = this.cacheSeconds();
    return new CacheTap({ cache: this.deps.cache, key: this.cacheKey, seconds, target, isStream });
  }

  /** What the provider said, untouched; or our own words when it said nothing. */
  private passOn(bad: Bad, target: Target): Response {
    const settlement = this.settle(target, {
      status: bad.said?.status ?? 502,
      usage: bad.begun ? guessOf(this.deps, target, 0) : null,
      estimated: bad.begun,
      error: bad.error,
      key: null,
      ...(bad.said ? { responseBody: bad.said.body, responseBytes: bad.said.body.length } : {}),
      responseContentType: bad.said?.headers["content-type"] ?? null,
    });
    if (!bad.said) return refusalAnswer(bad.error, undefined, answerHeaders({}, this.facts(target, settlement)));
    const headers = answerHeaders(bad.said.headers, this.facts(target, settlement));
    return new Response(bad.said.body, { status: bad.said.status, headers });
  }

  private refuse(error: MoltError, target: Target): Response {
    const settlement = this.settle(target, { status: 502, usage: null, error, key: null });
    return refusalAnswer(
      error,
      error.code === "NOT_FOUND" ? unknownAlias : undefined,
      answerHeaders({}, this.facts(target, settlement)),
    );
  }

  private facts(target: Target, settlement: Settlement | undefined): CallFacts {
    return {
      callId: this.input.callId,
      step: target.step,
      cacheStatus: "MISS",
      provider: target.upstream.slug,
      model: target.model,
      eventId: target.options.eventId,
      admission: this.admission,
      settlement,
      warnings: this.warnings,
    };
  }

  private ownHeaders(): HeaderRecord {
    return { "cf-aig-log-id": this.input.callId, "cf-aig-request-id": this.input.callId };
  }

  private settle(
    target: Target,
    end: {
      status: number;
      usage: CallUsage | null;
      cacheStatus?: "HIT" | "MISS";
      estimated?: boolean;
      firstByteMs?: number;
      error?: MoltError | null;
      key?: PoolKey | null;
      responseBytes?: number;
      responseBody?: Uint8Array | undefined;
      responseContentType?: string | null;
    },
  ): Settlement | undefined {
    if (this.settled) return undefined;
    this.settled = true;
    this.land?.();
    const { deps, input } = this;
    const { options } = target;
    const now = deps.clock.now();
    const { sessionKey } = input.caller;
    const prefixBreak =
      this.prefix && sessionKey !== null && end.usage && !end.estimated
        ? deps.prefixes.ended(sessionKey, this.prefix, target, end.usage.input)
        : null;
    const outcome: CallOutcome = {
      callId: input.callId,
      status: end.status,
      provider: target.upstream.provider,
      model: target.model,
      keyAlias: end.key?.alias ?? this.attempts.at(-1)?.keyAlias ?? null,
      step: target.step,
      attempts: this.attempts,
      cacheStatus: end.cacheStatus ?? (this.cacheKey === undefined ? "BYPASS" : "MISS"),
      usage: end.usage,
      estimated: end.estimated ?? false,
      firstByteMs: end.firstByteMs ?? null,
      durationMs: now - this.askedAt,
      error: end.error ?? null,
      prefixBreak,
      requestBytes: target.bytes?.length ?? 0,
      ...(end.responseBytes === undefined ? {} : { responseBytes: end.responseBytes }),
      ...(input.userAgent === undefined ? {} : { userAgent: input.userAgent }),
      ...(options.eventId === undefined ? {} : { eventId: options.eventId }),
      ...(options.collectLog === undefined ? {} : { collectLog: options.collectLog }),
      ...(options.collectPayload === undefined ? {} : { collectPayload: options.collectPayload }),
      ...(end.responseContentType ? { responseContentType: end.responseContentType } : {}),
    };
    if (deps.governor.wantsBodies()) addBodies(outcome, target, end.responseBody);
    input.atFront?.entered();
    return deps.governor.settle(outcome);
  }
}

function addBodies(outcome: CallOutcome, { bytes, headers }: Target, responseBody: Uint8Array | undefined): void {
  if (bytes) Object.assign(outcome, { requestBody: textOf(bytes), requestContentType: headers["content-type"] ?? "" });
  if (responseBody) outcome.responseBody = textOf(responseBody);
}
