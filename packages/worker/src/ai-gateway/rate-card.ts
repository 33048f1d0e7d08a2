/** What a model's tokens cost, resolved once so that pricing a call is arithmetic. Same rules as the genai-prices tables it comes from. */

/** US dollars per million tokens; from more than `start` prompt tokens on, the whole call is at that tier's price. */
export interface Rate {
  base: number;
  tiers: readonly { start: number; price: number }[];
}

export interface RateCard {
  input: Rate;
  output: Rate;
  /** Absent: cached tokens cost what fresh ones do. */
  cacheRead?: Rate | undefined;
  cacheWrite?: Rate | undefined;
}

export interface PricedTokens {
  /** Prompt tokens, those read from and written to the provider's cache included. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

export const flatRate = (price: number): Rate => ({ base: price, tiers: [] });

/** US dollars. Counts that do not add up are taken as far as they do. */
export function priceOf(card: RateCard, tokens: PricedTokens): number {
  const { input } = tokens;
  const cacheRead = Math.min(tokens.cacheRead, input);
  const cacheWrite = Math.min(tokens.cacheWrite, input - cacheRead);
  const fresh = input - cacheRead - cacheWrite;
  const sum =
    fresh * rateAt(card.input, input) +
    cacheRead * rateAt(card.cacheRead ?? card.input, input) +
    cacheWrite * rateAt(card.cacheWrite ?? card.input, input) +
    tokens.output * rateAt(card.output, input);
  return sum / 1e6;
}

/** The most a call of this size can cost: every prompt token at the dearest rate it may be charged at. */
export function worstPriceOf(card: RateCard, inputTokens: number, maxOutputTokens: number): number {
  const dearest = Math.max(rateAt(card.input, inputTokens), rateAt(card.cacheWrite ?? card.input, inputTokens));
  return (inputTokens * dearest + maxOutputTokens * rateAt(card.output, inputTokens)) / 1e6;
}

function rateAt(rate: Rate, promptTokens: number): number {
  let price = rate.base;
  for (const tier of rate.tiers) if (promptTokens > tier.start) price = tier.price;
  return price;
}
