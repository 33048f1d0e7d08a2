/**
 * Which models there are and how each provider stands: known lists, the owner's additions, and what servers list themselves.
 * Looking never blocks anybody: rows come from what is known now, and a look-round in the background says when that changed.
 */

import { type ErrorCode, isMoltError, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { type ModelRow, type ProviderStatus, thinkingLevels } from "@moltworker/protocol/rows";
import { providerKeyName } from "../secrets/secrets.ts";
import { Attempt } from "./attempt.ts";
import { plainModel } from "./list-models.ts";
import type { Prices } from "./prices.ts";
import type { KnownModel, Provider, ProviderTarget } from "./provider.ts";
import { type GatewayDependencies, type GatewayLimits, type Place, placeOf } from "./settings.ts";

/** Milliseconds for which a look-round counts as fresh. */
const freshMs = 60_000;

/** What says something about the provider; the rest is about one request. */
const providerTroubles: ReadonlySet<ErrorCode> = new Set([
  "PROVIDER_KEY_REJECTED",
  "PROVIDER_QUOTA",
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_UNAVAILABLE",
  "PROVIDER_BAD_RESPONSE",
  "PROVIDER_CUT",
  "PROVIDER_TIMEOUT",
  "EGRESS_BLOCKED",
]);

interface Discovery {
  baseUrl: string;
  models: KnownModel[];
  error?: MoltError;
}

interface Trouble {
  error: MoltError;
  at: number;
  /** The key that was refused; another one is not suspect. */
  apiKey: string | undefined;
}

export class ModelDirectory {
  private readonly deps: GatewayDependencies;
  private readonly limits: GatewayLimits;
  private readonly prices: Prices;
  private readonly found = new Map<string, Discovery>();
  private readonly troubles = new Map<string, Trouble>();
  private readonly rowPrices = new Map<string, ModelRow["price"]>();
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;

  constructor(deps: GatewayDependencies, limits: GatewayLimits, prices: Prices) {
    this.deps = deps;
    this.limits = limits;
    this.prices = prices;
  }

  provider(id: string): Provider | undefined {
    return this.deps.providers.find((provider) => provider.id === id);
  }

  /** Splits `provider/model`. Throws MODEL_UNKNOWN. */
  resolve(ref: string): { provider: Provider; model: string } {
    const slash = ref.indexOf("/");
    const provider = this.provider(ref.slice(0, slash));
    const model = ref.slice(slash + 1);
    if (slash <= 0 || !provider || model === "")
      throw new MoltError("MODEL_UNKNOWN", { message: `no provider here offers "${ref}"` });
    if (provider.dialect === "scripted" && !provider.models.some((known) => known.id === model)) {
      throw new MoltError("MODEL_UNKNOWN", { message: `${provider.label} has no model "${model}"` });
    }
    return { provider, model };
  }

  /** A model that no list names is taken at its word: providers bring out new ones faster than lists learn of them. */
  describe(ref: string): ModelRow {
    const { provider, model } = this.resolve(ref);
    const place = placeOf(this.deps, provider);
    const known = this.modelsOf(place).find((candidate) => candidate.id === model);
    return this.row(place, known ?? plainModel(model, provider.assumedContext ?? 128_000));
  }

  list(): ModelRow[] {
    this.lookInBackground();
    return this.places().flatMap((place) => this.modelsOf(place).map((model) => this.row(place, model)));
  }

  statuses(): ProviderStatus[] {
    this.lookInBackground();
    return this.deps.providers.map((provider) => {
      const place = placeOf(this.deps, provider);
      const trouble = this.troubleOf(place);
      const source = this.deps.secrets.source(providerKeyName(provider.id));
      return {
        id: provider.id,
        label: provider.label,
        keyUrl: provider.keyUrl,
        needsKey: place.needsKey,
        baseUrl: place.baseUrl,
        baseUrlEditable: provider.dialect !== "scripted",
        keySource: place.apiKey === undefined ? "none" : source === "environment" ? "environment" : "typed",
        state: this.stateOf(place),
        ...(trouble
          ? { lastError: { code: trouble.error.code, message: trouble.error.message, hint: trouble.error.hint, at: trouble.at } }
          : {}),
      };
    });
  }

  /** The owner's choice, else the first ready provider's default, else one whose key was refused (its error has the cure), else the demo. */
  defaultModel(): string {
    const chosen = this.deps.config.get("agent").model;
    if (chosen !== null && this.provider(chosen.slice(0, chosen.indexOf("/")))) return chosen;
    this.lookInBackground();
    const places = this.places().filter((place) => place.provider.dialect !== "scripted");
    for (const wanted of ["ready", "rejected"] as const) {
      for (const place of places) {
        const model = this.stateOf(place) === wanted ? this.defaultOf(place) : undefined;
        if (model !== undefined) return `${place.provider.id}/${model}`;
      }
    }
    const scripted = this.deps.providers.find((provider) => provider.dialect === "scripted");
    return scripted ? `${scripted.id}/${scripted.defaultModel}` : "";
  }

  /** Looks again at every server that lists its models, and waits for it. Never throws. */
  async refresh(): Promise<void> {
    await this.looking;
    await this.look();
  }

  /** Resolves when the first look-round is over; at once when it was. */
  async settled(): Promise<void> {
    if (this.lookedAt === Number.NEGATIVE_INFINITY) await this.look();
    else await this.looking;
  }

  noteSuccess(place: Place): void {
    this.troubles.delete(place.provider.id);
  }

  noteTrouble(place: Place, error: MoltError): void {
    if (!providerTroubles.has(error.code)) return;
    this.troubles.set(place.provider.id, { error, at: this.deps.clock.now(), apiKey: place.apiKey });
  }

  /** A key or an address changed: what was learnt with the old one is void. */
  forget(providerId: string): void {
    this.troubles.delete(providerId);
    this.found.delete(providerId);
    this.lookedAt = Number.NEGATIVE_INFINITY;
  }

  private places(): Place[] {
    return this.deps.providers.map((provider) => placeOf(this.deps, provider)).filter((place) => place.enabled);
  }

  private modelsOf(place: Place): KnownModel[] {
    const { provider } = place;
    const found = this.foundAt(place)?.models ?? [];
    const known = found.length > 0 && provider.discovery === "moved" ? found : [...provider.models, ...found];
    const added = this.deps.config.get("providers")[provider.id]?.models ?? [];
    const rows = [...known, ...added.map((id) => plainModel(id, provider.assumedContext ?? 128_000))];
    return [...new Map(rows.toReversed().map((model) => [model.id, model])).values()].toReversed();
  }

  private defaultOf(place: Place): string | undefined {
    const models = this.modelsOf(place);
    const preferred = place.provider.defaultModel;
    if (preferred !== undefined && (models.length === 0 || models.some((model) => model.id === preferred))) return preferred;
    return models[0]?.id;
  }

  private foundAt(place: Place): Discovery | undefined {
    const found = this.found.get(place.provider.id);
    return found?.baseUrl === place.baseUrl ? found : undefined;
  }

  private troubleOf(place: Place): Trouble | undefined {
    const trouble = this.troubles.get(place.provider.id);
    return trouble && trouble.apiKey === place.apiKey ? trouble : undefined;
  }

  private stateOf(place: Place): ProviderStatus["state"] {
    const { provider } = place;
    if (provider.dialect === "scripted") return "ready";
    if (place.needsKey && place.apiKey === undefined) return "no-key";
    const error = this.troubleOf(place)?.error;
    // 403 is about one model, as a rule; the key may serve for others.
    if (error?.code === "PROVIDER_KEY_REJECTED" && error.details.status !== 403) return "rejected";
    if (!place.enabled) return "not-found";
    const found = this.foundAt(place);
    if (provider.local) return found && !found.error && found.models.length > 0 ? "ready" : "not-found";
    if (provider.discovery === "always" && found?.error)
      return found.error.code === "PROVIDER_KEY_REJECTED" ? "rejected" : "unreachable";
    return "ready";
  }

  private row(place: Place, model: KnownModel): ModelRow {
    const { provider } = place;
    const state = this.stateOf(place);
    const ref = `${provider.id}/${model.id}`;
    const reason = unavailableReason(place, state);
    return {
      ...model,
      ref,
      provider: provider.id,
      available: reason === undefined,
      ...(reason === undefined ? {} : { unavailableReason: reason }),
      thinkingLevels: model.reasoning ? [...thinkingLevels] : ["off"],
      tags: [
        ...(provider.local ? ["local"] : []),
        ...(provider.dialect === "scripted" ? ["demo"] : []),
        ...(model.id === provider.defaultModel ? ["default"] : []),
      ],
      price: this.rowPrices.get(ref) ?? null,
    };
  }

  private lookInBackground(): void {
    if (this.looking || this.deps.clock.now() - this.lookedAt < freshMs) return;
    this.look().catch((error: unknown) => this.deps.log.warn("models.look_failed", { error }));
  }

  private look(): Promise<void> {
    this.lookedAt = this.deps.clock.now();
    const places = this.places().filter((place) => mayList(place));
    this.looking = this.lookRound(places).finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookRound(places: Place[]): Promise<void> {
    const before = JSON.stringify([...this.found].map(([id, one]) => [id, one.models.map((model) => model.id)]));
    await Promise.all([...places.map((place) => this.discover(place)), this.loadPrices()]);
    await this.warm();
    const after = JSON.stringify([...this.found].map(([id, one]) => [id, one.models.map((model) => model.id)]));
    if (after !== before) this.deps.onModelsChanged?.();
  }

  /** Loads the SDK that the next message will need, so that the first answer does not wait for it. */
  private async warm(): Promise<void> {
    const { provider, model } = this.resolve(this.defaultModel());
    const noFetch = () => Promise.reject(new Error("only loading"));
    await provider.create(model, {
      apiKey: "none",
      baseUrl: placeOf(this.deps, provider).baseUrl,
      fetch: noFetch,
      clock: this.deps.clock,
    });
  }

  private async discover(place: Place): Promise<void> {
    const { provider, baseUrl } = place;
    try {
      const models = await this.ask(
        place,
        this.limits.discoveryTimeoutMs,
        async (target, signal) => (await provider.listModels?.(target, signal)) ?? [],
      );
      this.found.set(provider.id, { baseUrl, models });
    } catch (error) {
      this.found.set(provider.id, { baseUrl, models: [], error: moltErrorFrom(error) });
    }
  }

  private async loadPrices(): Promise<void> {
    for (const place of this.places()) {
      for (const model of place.provider.models) {
        this.rowPrices.set(`${place.provider.id}/${model.id}`, await this.prices.perMillion(place.provider.id, model.id));
      }
    }
  }

  /** One short call outside any conversation. Throws MoltError. */
  async ask<Value>(
    place: Place,
    timeoutMs: number,
    work: (target: ProviderTarget, signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const { egress, clock } = this.deps;
    const { provider, baseUrl, named, apiKey, gatewayHeaders } = place;
    const source = { label: provider.label, provider: provider.id, model: "", apiKey };
    const outer = new AbortController();
    const attempts: Attempt[] = [];
    const fetchOnce: typeof fetch = (input, init) => {
      const attempt = new Attempt({
        egress,
        clock,
        source,
        named,
        firstByteTimeoutMs: timeoutMs,
        idleTimeoutMs: () => timeoutMs,
        expects: "json",
        gatewayHeaders,
        signal: outer.signal,
      });
      attempts.push(attempt);
      return attempt.fetch(input, init);
    };
    try {
      return await work({ apiKey, baseUrl, fetch: fetchOnce, clock }, outer.signal);
    } catch (error) {
      throw isMoltError(error) ? error : (attempts.find((attempt) => attempt.fault)?.fault ?? moltErrorFrom(error));
    } finally {
      for (const attempt of attempts) attempt.end();
    }
  }
}

/** Servers worth asking unasked: those whose models nobody can know beforehand. */
function mayList({ provider, baseUrl, apiKey, needsKey, gatewayHeaders }: Place): boolean {
  // A gateway in between lists no models of its own.
  if (gatewayHeaders) return false;
  if (!provider.listModels || (needsKey && apiKey === undefined)) return false;
  return provider.discovery === "always" || (provider.discovery === "moved" && baseUrl !== provider.defaultBaseUrl);
}

function unavailableReason({ provider, baseUrl }: Place, state: ProviderStatus["state"]): string | undefined {
  if (state === "no-key") return `${provider.label} has no key yet.`;
  if (state === "rejected") return `${provider.label} rejected the key.`;
  if (state === "unreachable") return `${provider.label} does not answer at ${baseUrl}.`;
  return state === "not-found" ? `${provider.label} was not found at ${baseUrl}.` : undefined;
}
