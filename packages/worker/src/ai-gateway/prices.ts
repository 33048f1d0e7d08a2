/** Prices of models, from the genai-prices tables, which are loaded when first needed. */

import type { Usage } from "@moltworker/protocol/messages";
import type { Provider } from "./provider.ts";

export interface Prices {
  /** US dollars, or null when the model's price is unknown. */
  cost(provider: Provider, model: string, usage: Usage): Promise<{ total: number } | null>;
  /** US dollars per million tokens. */
  perMillion(provider: Provider, model: string): Promise<{ input: number; output: number } | null>;
}

type Tables = typeof import("@pydantic/genai-prices");

export function createPrices(): Prices {
  let loading: Promise<Tables> | undefined;
  const tables = () => (loading ??= import("@pydantic/genai-prices"));
  const known = new Map<string, { input: number; output: number } | null>();
  const total = async (provider: Provider, model: string, usage: Record<string, number>): Promise<number | null> => {
    if (!provider.pricesId) return null;
    const { calcPrice } = await tables();
    try {
      return calcPrice(usage, model, { providerId: provider.pricesId })?.total_price ?? null;
    } catch {
      // The tables refuse usage that does not add up; a price is a service, never a reason to fail.
      return null;
    }
  };
  return {
    async cost(provider, model, usage) {
      if (isFree(provider)) return { total: 0 };
      const dollars = await total(provider, model, {
        input_tokens: usage.input,
        cache_read_tokens: Math.min(usage.cacheRead, usage.input),
        cache_write_tokens: Math.min(usage.cacheWrite, Math.max(0, usage.input - usage.cacheRead)),
        output_tokens: usage.output,
      });
      return dollars === null ? null : { total: dollars };
    },
    async perMillion(provider, model) {
      if (isFree(provider)) return { input: 0, output: 0 };
      const key = `${provider.id}/${model}`;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      // A thousand tokens, not a million: long-context tiers start above.
      const input = await total(provider, model, { input_tokens: 1_000 });
      const output = await total(provider, model, { output_tokens: 1_000 });
      const price = input === null || output === null ? null : { input: input * 1_000, output: output * 1_000 };
      known.set(key, price);
      return price;
    },
  };
}

const isFree = (provider: Provider): boolean => provider.local === true || provider.dialect === "scripted";
