/**
 * Every model call of the assistant leaves through here: key and address are read at the moment of use, each try is watched
 * and recorded, and a failed one is made again only while nothing of it was shown.
 */

import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { isMoltError, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Usage } from "@moltworker/protocol/messages";
import type { ModelRow, ProviderStatus } from "@moltworker/protocol/rows";
import type { ModelCall, ModelEvent, ModelPort } from "../agent/model.ts";
import { providerKeyName } from "../secrets/secrets.ts";
import { Answer } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import { callOptions } from "./call-options.ts";
import type { CallRow } from "./call-row.ts";
import { ModelDirectory } from "./directory.ts";
import { badResponse, cutAnswer, type FaultSource, faultFromStream, saysEndIsMissing } from "./faults.ts";
import { GovernedCall } from "./governed-call.ts";
import { PrefixWatch } from "./governor/prefix-watch.ts";
import { type NewKey, testKey } from "./key-test.ts";
import type { Prices } from "./prices.ts";
import { priceOf } from "./rate-card.ts";
import { retryDelayMs } from "./retry.ts";
import { SdkModels } from "./sdk-models.ts";
import { defaultLimits, type GatewayDependencies, type GatewayLimits, type Place, placeOf } from "./settings.ts";
import { requestCharacters, tokensOf, usageFrom } from "./usage.ts";

export interface Gateway extends ModelPort {
  /** Rows known now; local servers are looked for in the background. */
  listModels(): ModelRow[];
  providerStatuses(): ProviderStatus[];
  /** `provider/model`: the owner's choice, else the first ready provider's, else the demo. */
  defaultModel(): string;
  /** Looks for local servers and new models now. Never throws. */
  refresh(): Promise<void>;
  /** Resolves when local servers were looked for once. */
  settled(): Promise<void>;
  /**
   * Tests a key and an address by a real call, and keeps them only when it succeeded. What is absent stays as it is.
   * Throws MoltError (PROVIDER_*, NOT_FOUND, CONFIG_INVALID); nothing is changed then.
   */
  setKey(providerId: string, change: NewKey & { changedBy: string }): Promise<{ defaultModel: string | undefined }>;
  /** One real call with the key and the address that are kept; what it says is remembered. Throws MoltError (PROVIDER_*, NOT_FOUND). */
  prove(providerId: string): Promise<void>;
  /** Throws NOT_FOUND. */
  forgetKey(providerId: string): void;
}

export function createGateway(deps: GatewayDependencies): Gateway {
  return new EmbeddedGateway(deps);
}

interface Step {
  call: ModelCall;
  place: Place;
  model: string;
  row: ModelRow;
  source: FaultSource;
}

interface Try {
  books: GovernedCall;
  step: Step;
  /** Its row is written. */
  ended: boolean;
  number: number;
  startedAt: number;
  attempt: Attempt;
  answer: Answer;
}

class EmbeddedGateway implements Gateway {
  private readonly deps: GatewayDependencies;
  private readonly limits: GatewayLimits;
  private readonly prices: Prices;
  private readonly directory: ModelDirectory;
  private readonly sdkModels: SdkModels;
  private readonly prefixes = new PrefixWatch();

  constructor(deps: GatewayDependencies) {
    this.deps = deps;
    this.limits = { ...defaultLimits, ...deps.limits };
    this.prices = deps.prices;
    this.sdkModels = new SdkModels(deps.clock);
    this.directory = new ModelDirectory(deps, this.limits, this.prices);
  }

  describe(ref: string): ModelRow {
    return this.directory.describe(ref);
  }

  listModels(): ModelRow[] {
    return this.directory.list();
  }

  providerStatuses(): ProviderStatus[] {
    return this.directory.statuses();
  }

  defaultModel(): string {
    return this.directory.defaultModel();
  }

  refresh(): Promise<void> {
    return this.directory.refresh();
  }

  settled(): Promise<void> {
    return this.directory.settled();
  }

  async setKey(providerId: string, change: NewKey & { changedBy: string }): Promise<{ defaultModel: string | undefined }> {
    const { provider, apiKey } = await testKey(this.deps, this.directory, this.limits, { providerId, ...change });
    if (change.baseUrl !== undefined)
      this.deps.config.patch({ providers: { [provider.id]: { baseUrl: change.baseUrl } } }, { changedBy: change.changedBy });
    if (change.apiKey !== undefined && apiKey !== undefined) this.deps.secrets.set(providerKeyName(provider.id), apiKey, "typed");
    this.directory.forget(provider.id);
    if (provider.discovery) await this.directory.refresh();
    const model = this.directory.list().find((row) => row.provider === provider.id && row.id === provider.defaultModel);
    const first = model ?? this.directory.list().find((row) => row.provider === provider.id);
    return { defaultModel: first?.ref };
  }

  async prove(providerId: string): Promise<void> {
    const provider = this.directory.provider(providerId);
    const place = provider && placeOf(this.deps, provider);
    try {
      await testKey(this.deps, this.directory, this.limits, { providerId });
      if (place) this.directory.noteSuccess(place);
    } catch (error) {
      if (place) this.directory.noteTrouble(place, moltErrorFrom(error));
      throw error;
    }
  }

  forgetKey(providerId: string): void {
    const provider = this.directory.provider(providerId);
    if (!provider) throw new MoltError("NOT_FOUND", { message: `there is no provider "${providerId}"` });
    this.deps.secrets.delete(providerKeyName(provider.id));
    this.directory.forget(provider.id);
  }

  async *stream(call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
    const { books, call: admitted } = await this.admit(call);
    let end: MoltError | null = new MoltError("ABORTED");
    try {
      yield* this.tryUntilDone(books, admitted);
      end = null;
    } catch (thrown) {
      end = moltErrorFrom(thrown);
      throw thrown;
    } finally {
      books.settle(end);
    }
  }

  /** The governor's word on the call, and the call as it may go: perhaps to a cheaper model, perhaps with a shorter answer. */
  private async admit(call: ModelCall): Promise<{ books: GovernedCall; call: ModelCall }> {
    const { governor, clock, limitsOf } = this.deps;
    const deps = { governor, prefixes: this.prefixes, clock, ...(limitsOf ? { limitsOf } : {}) };
    const { row } = this.prepare(call);
    let books = await GovernedCall.begin(deps, call, row, true);
    if (books.admission.ref !== row.ref && !this.isReady(books.admission.ref)) {
      this.deps.log.warn("gateway.cheaper_model_unusable", { ref: books.admission.ref });
      books.settle(new MoltError("MODEL_UNKNOWN"));
      books = await GovernedCall.begin(deps, call, row, false);
    }
    const { maxOutputTokens } = books;
    const request = maxOutputTokens === undefined ? call.request : { ...call.request, maxOutputTokens };
    return { books, call: { ...call, ref: books.admission.ref, request } };
  }

  private isReady(ref: string): boolean {
    try {
      return this.directory.describe(ref).available;
    } catch {
      return false;
    }
  }

  private async *tryUntilDone(books: GovernedCall, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
    const { clock, random = Math.random } = this.deps;
    const startedAt = clock.now();
    for (let tries = 1; ; tries += 1) {
      const step = this.prepare(call);
      if (tries > 1) await books.beforeRetry({ provider: step.place.provider.id, model: step.model });
      const current = this.beginTry(books, step, tries);
      try {
        yield* this.runTry(current);
        return;
      } catch (thrown) {
        const error = await this.endFailed(current, thrown);
        const count = { tries, elapsedMs: clock.now() - startedAt };
        if (!current.answer.shown && this.hasOtherKey(step, error)) continue;
        const delayMs = current.answer.shown ? undefined : retryDelayMs(error, count, this.limits, random);
        if (delayMs === undefined) throw error;
        yield { type: "retrying", attempt: tries, delayMs, error };
        await clock.sleep(delayMs, call.signal).catch(() => {
          throw new MoltError("ABORTED");
        });
      } finally {
        // Left in the middle by whoever reads: what it used is spent all the same.
        if (!current.ended) await this.endFailed(current, new MoltError("ABORTED"));
        current.attempt.end();
      }
    }
  }

  /** A refused key is set aside; true when another one is there for the next try. */
  private hasOtherKey({ place, call }: Step, error: MoltError): boolean {
    if (error.code !== "PROVIDER_KEY_REJECTED" || error.details.status !== 401 || !place.key) return false;
    this.deps.keys.reject(place.key);
    return this.deps.keys.pick(place.provider.id, { affinity: call.sessionKey, onlyGood: true }).length > 0;
  }

  /** Before every try, so that a key or an address changed meanwhile is used at once. */
  private prepare(call: ModelCall): Step {
    const { provider, model } = this.directory.resolve(call.ref);
    const place = placeOf(this.deps, provider, call.sessionKey);
    if (place.needsKey && place.apiKey === undefined) {
      throw new MoltError("PROVIDER_KEY_MISSING", {
        message: `${provider.label} has no key`,
        details: { provider: provider.id },
      });
    }
    if (!place.enabled)
      throw new MoltError("MODEL_UNKNOWN", {
        message: `${provider.label} is switched off or has no address`,
        details: { provider: provider.id },
      });
    const source = { label: provider.label, provider: provider.id, model, apiKey: place.apiKey };
    return { call, place, model, row: this.directory.describe(call.ref), source };
  }

  private beginTry(books: GovernedCall, step: Step, number: number): Try {
    const { egress, clock } = this.deps;
    const { place, call, source, row } = step;
    const { idleTimeoutMs, thinkingTimeoutMs, localFirstByteTimeoutMs, firstByteTimeoutMs } = this.limits;
    const answer = new Answer(toolCallIds(call));
    const attempt = new Attempt({
      egress,
      clock,
      source,
      named: place.named,
      firstByteTimeoutMs: place.provider.local ? localFirstByteTimeoutMs : firstByteTimeoutMs,
      idleTimeoutMs: () => (row.reasoning && !answer.speaking ? thinkingTimeoutMs : idleTimeoutMs),
      expects: "stream",
      gatewayHeaders: place.gatewayHeaders,
      signal: call.signal,
    });
    return { books, step, ended: false, number, startedAt: clock.now(), attempt, answer };
  }

  private async *runTry(current: Try): AsyncGenerator<ModelEvent, void, undefined> {
    const { step, attempt, answer } = current;
    const { call, place, model, row, source } = step;
    call.signal.throwIfAborted();
    const sdk = await this.sdkModels.get(place, model, attempt);
    const options = callOptions(call.request, {
      provider: place.provider,
      row,
      signal: attempt.signal,
    });
    const { stream } = await sdk.doStream(options);
    const reader = stream.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const event = takePart(current, value);
        if (event) yield event;
      }
    } finally {
      reader.cancel().catch(() => {});
    }
    if (attempt.fault) throw attempt.fault;
    const content = answer.parts();
    if (!answer.finish) throw content.length > 0 ? cutAnswer(source) : badResponse(source, "sent an empty answer");
    if (content.length === 0 && answer.finish.reason.unified !== "content-filter" && answer.finish.reason.unified !== "length") {
      throw badResponse(source, "sent an empty answer");
    }
    const usage = await this.usageOf(current);
    current.books.noteAnswer(content);
    this.record(current, "ok", usage);
    if (place.key) this.deps.keys.praise(place.key);
    this.directory.noteSuccess(place);
    yield { type: "finish", content, usage, stopReason: answer.stopReason(), provider: place.provider.id, model };
  }

  /** The one truth about a failed try, noted and recorded. The caller throws or retries it. */
  private async endFailed(current: Try, thrown: unknown): Promise<MoltError> {
    const { step, attempt, answer } = current;
    const error = step.call.signal.aborted
      ? new MoltError("ABORTED", { cause: thrown })
      : (attempt.fault ?? faultOf(step.source, thrown));
    const begun = attempt.accepted || answer.shown;
    const usage = begun ? await this.usageOf(current) : null;
    this.record(current, error.code, usage);
    if (error.code === "ABORTED") return error;
    this.directory.noteTrouble(step.place, error);
    this.deps.log.warn("model.try_failed", {
      provider: step.source.provider,
      model: step.model,
      attempt: current.number,
      code: error.code,
      message: error.message,
    });
    return error;
  }

  private async usageOf({ books, step, answer }: Try): Promise<Usage> {
    const usage = usageFrom(answer.finish?.usage, () => ({
      input: tokensOf(requestCharacters(step.call.request)),
      output: tokensOf(answer.characters),
    }));
    const card = await this.prices.cardFor(step.place.provider.id, step.model);
    usage.cost = card && { total: priceOf(card, usage) };
    return books.annotate(usage, card);
  }

  private record(current: Try, outcome: CallRow["outcome"], usage: Usage | null): void {
    const { books, step, attempt, number, startedAt } = current;
    const { call, place, model } = step;
    current.ended = true;
    books.addTry({
      provider: place.provider.id,
      model,
      startedAt,
      endedAt: this.deps.clock.now(),
      firstByteAt: attempt.firstByteAt,
      error: outcome === "ok" ? null : outcome,
      usage,
    });
    this.deps.recordCall({
      at: startedAt,
      durationMs: this.deps.clock.now() - startedAt,
      firstByteMs: attempt.firstByteAt === undefined ? null : attempt.firstByteAt - startedAt,
      provider: place.provider.id,
      model,
      sessionKey: call.sessionKey,
      runId: call.runId,
      step: call.step,
      attempt: number,
      outcome,
      usage,
    });
  }
}

/** An error part ends the try: nothing that follows it can be trusted. */
function takePart({ step, attempt, answer }: Try, part: LanguageModelV4StreamPart): ModelEvent | undefined {
  if (part.type === "error" && saysEndIsMissing(part.error)) return undefined;
  if (part.type === "error") throw attempt.fault ?? faultFromStream(step.source, part.error);
  // How SDKs finish a stream that ended without an end.
  const broken = part.type === "finish" && (part.finishReason.unified === "error" || part.finishReason.unified === "interrupted");
  if (broken) throw answer.content.length > 0 ? cutAnswer(step.source) : badResponse(step.source, "sent an empty answer");
  return answer.take(part);
}

function faultOf(source: FaultSource, thrown: unknown): MoltError {
  return isMoltError(thrown) ? moltErrorFrom(thrown) : faultFromStream(source, thrown);
}

function toolCallIds(call: ModelCall): Set<string> {
  const ids = new Set<string>();
  for (const message of call.request.prompt) {
    if (message.role !== "assistant") continue;
    for (const part of message.content) if (part.type === "tool-call") ids.add(part.toolCallId);
  }
  return ids;
}
