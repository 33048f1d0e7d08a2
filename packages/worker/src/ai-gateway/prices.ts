/** Prices of models: the owner's own, then the genai-prices tables, which are loaded when first needed and asked once a model. */

import { flatRate, priceOf, type Rate, type RateCard } from "./rate-card.ts";

export interface Prices {
  /** The card of a model; null when its price is unknown. Resolved once and then remembered for a while. */
  cardFor(provider: string, model: string): Promise<RateCard | null>;
  /** The same, if it was resolved before and still holds. */
  known(provider: string, model: string): RateCard | null | undefined;
  /** US dollars, or null when the model's price is unknown. */
  cost(provider: string, model: string, usage: Parameters<typeof priceOf>[1]): Promise<{ total: number } | null>;
  /** US dollars per million tokens. */
  perMillion(provider: string, model: string): Promise<{ input: number; output: number } | null>;
}

/** US dollars per million tokens, by `provider/model`. */
export type OwnPrices = Readonly<
  Record<string, { input: number; output: number; cacheRead?: number | undefined; cacheWrite?: number | undefined }>
>;

export interface PricedProvider {
  id: string;
  local?: boolean | undefined;
  dialect?: string | undefined;
  pricesId?: string | undefined;
}

type Tables = typeof import("@pydantic/genai-prices");

/** Some prices depend on the hour. */
const rememberedMs = 600_000;
const mostRemembered = 2_000;

/** How genai-prices calls providers that other gateways name in their own way. */
const tableNames: Readonly<Record<string, string>> = {
  "google-ai-studio": "google",
  "google-vertex-ai": "google",
  grok: "x-ai",
  "perplexity-ai": "perplexity",
  "azure-openai": "azure",
  "aws-bedrock": "aws",
  anthropic: "anthropic",
  openai: "openai",
  groq: "groq",
  deepseek: "deepseek",
  mistral: "mistral",
  cerebras: "cerebras",
  openrouter: "openrouter",
  fireworks: "fireworks",
  cohere: "cohere",
};

const free: RateCard = { input: flatRate(0), output: flatRate(0) };

interface PricesDeps {
  providers: readonly PricedProvider[];
  own(): OwnPrices;
  now(): number;
}

export function createPrices({ providers, own, now }: PricesDeps): Prices {
  let loading: Promise<Tables> | undefined;
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  const remembered = new Map<string, { card: RateCard | null; until: number; own: OwnPrices }>();

  const fromTables = async (provider: string, model: string): Promise<RateCard | null> => {
    const table = byId.get(provider)?.pricesId ?? tableNames[provider];
    if (!table) return null;
    loading ??= import("@pydantic/genai-prices");
    const { calcPrice } = await loading;
    try {
      const found = calcPrice({ input_tokens: 1 }, model, { providerId: table, timestamp: new Date(now()) });
      return found && cardFrom(found.model_price as Record<string, unknown>);
    } catch {
      // A price is a service, never a reason to fail.
      return null;
    }
  };
  const known = (provider: string, model: string) => {
    const entry = remembered.get(`${provider}/${model}`);
    return entry && entry.until > now() && entry.own === own() ? entry.card : undefined;
  };
  const cardFor = async (provider: string, model: string): Promise<RateCard | null> => {
    const seen = known(provider, model);
    if (seen !== undefined) return seen;
    const prices = own();
    const card = ownCard(prices, provider, model) ?? (isFree(byId.get(provider)) ? free : await fromTables(provider, model));
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(`${provider}/${model}`, { card, until: now() + rememberedMs, own: prices });
    return card;
  };
  return {
    cardFor,
    known,
    async cost(provider, model, usage) {
      const card = await cardFor(provider, model);
      return card && { total: priceOf(card, usage) };
    },
    async perMillion(provider, model) {
      const card = await cardFor(provider, model);
      return card && { input: card.input.base, output: card.output.base };
    },
  };
}

function ownCard(prices: OwnPrices, provider: string, model: string): RateCard | undefined {
  const own = Object.hasOwn(prices, `${provider}/${model}`) ? prices[`${provider}/${model}`] : undefined;
  if (!own) return undefined;
  return {
    input: flatRate(own.input),
    output: flatRate(own.output),
    ...(own.cacheRead === undefined ? {} : { cacheRead: flatRate(own.cacheRead) }),
    ...(own.cacheWrite === undefined ? {} : { cacheWrite: flatRate(own.cacheWrite) }),
  };
}

/** null when the tables have no price per token, such as for models that are paid by the picture. */
function cardFrom(price: Record<string, unknown>): RateCard | null {
  const input = rateFrom(price.input_mtok);
  const output = rateFrom(price.output_mtok);
  if (!input || !output) return null;
  return { input, output, cacheRead: rateFrom(price.cache_read_mtok), cacheWrite: rateFrom(price.cache_write_mtok) };
}

function rateFrom(value: unknown): Rate | undefined {
  if (typeof value === "number") return flatRate(value);
  if (typeof value !== "object" || value === null) return undefined;
  const { base, tiers } = value as Partial<Rate>;
  if (typeof base !== "number") return undefined;
  return { base, tiers: [...(tiers ?? [])].sort((left, right) => left.start - right.start) };
}

const isFree = (provider: PricedProvider | undefined): boolean => provider?.local === true || provider?.dialect === "scripted";
