/**
 * SDK model objects, made once and used again: making one costs more than a whole turn of ours. A changed key or address
 * makes a new one, and the old is gone with it. Each exchange keeps its own fetch, found by the signal that the SDK hands on.
 */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Clock } from "../platform/clock.ts";
import type { Place } from "./settings.ts";

interface Made {
  apiKey: string | undefined;
  baseUrl: string;
  model: Promise<LanguageModelV4>;
}

const keptModels = 40;

export class SdkModels {
  private readonly made = new Map<string, Made>();
  private readonly exchanges = new WeakMap<AbortSignal, typeof fetch>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** `exchange` serves the calls that are made with `signal`. */
  async get(place: Place, model: string, exchange: { signal: AbortSignal; fetch: typeof fetch }): Promise<LanguageModelV4> {
    this.exchanges.set(exchange.signal, exchange.fetch);
    const name = `${place.provider.id}/${model}`;
    const known = this.made.get(name);
    if (known && known.apiKey === place.apiKey && known.baseUrl === place.baseUrl) return known.model;
    const { apiKey, baseUrl } = place;
    const made = {
      apiKey,
      baseUrl,
      model: place.provider.create(model, { apiKey, baseUrl, fetch: this.fetch, clock: this.clock }),
    };
    if (this.made.size >= keptModels) this.made.delete(this.made.keys().next().value ?? "");
    this.made.set(name, made);
    // One that could not be made is not the answer for ever.
    made.model.catch(() => this.made.delete(name));
    return made.model;
  }

  private readonly fetch: typeof fetch = (input, init) => {
    const exchange = init?.signal ? this.exchanges.get(init.signal) : undefined;
    if (!exchange) return Promise.reject(new Error("a model SDK made a request outside of any call"));
    return exchange(input, init);
  };
}
