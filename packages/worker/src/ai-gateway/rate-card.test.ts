/** Our arithmetic against the tables' own, for every model of every provider that we price. */

import { calcPrice } from "@pydantic/genai-prices";
import { expect, test } from "vitest";
import { createRandom } from "../../../../tests/support/random.ts";
import { providers } from "../catalog/providers.ts";
import { createPrices } from "./prices.ts";
import { priceOf, worstPriceOf } from "./rate-card.ts";

const noPrices = {};
const prices = createPrices({ providers, own: () => noPrices, now: () => Date.UTC(2026, 10, 28) });
const priced = providers.flatMap(({ id, pricesId, models }) =>
  pricesId ? models.map((model) => [id, model.id, pricesId] as const) : [],
);

test.each(priced)("%s/%s costs what the tables say", async (provider, model, table) => {
  const card = await prices.cardFor(provider, model);
  if (!card) return expect(() => calcPrice({ input_tokens: 1 }, model, { providerId: table })?.total_price ?? null).not.toThrow();
  const random = createRandom(7);
  for (let round = 0; round < 50; round += 1) {
    const input = random.below(random.chance(0.3) ? 1_500_000 : 100_000);
    const cacheRead = random.below(input + 1);
    const cacheWrite = random.below(input - cacheRead + 1);
    const output = random.below(60_000);
    const theirs = calcPrice(
      { input_tokens: input, cache_read_tokens: cacheRead, cache_write_tokens: cacheWrite, output_tokens: output },
      model,
      { providerId: table, timestamp: new Date(Date.UTC(2026, 10, 28)) },
    );
    const ours = priceOf(card, { input, output, cacheRead, cacheWrite });
    expect(ours).toBeCloseTo(theirs?.total_price ?? Number.NaN, 9);
    expect(worstPriceOf(card, input, output)).toBeGreaterThanOrEqual(ours - 1e-12);
  }
});

test("some models were really compared", async () => {
  const cards = await Promise.all(priced.map(([provider, model]) => prices.cardFor(provider, model)));
  expect(cards.filter(Boolean).length).toBeGreaterThan(10);
});

test("the owner's own price wins, and a change of it holds at once", async () => {
  let own: Record<string, { input: number; output: number; cacheRead?: number }> = {
    "openai/gpt-5": { input: 1, output: 2, cacheRead: 0.5 },
  };
  const mine = createPrices({ providers, own: () => own, now: () => 0 });
  const usage = { input: 1_000_000, output: 1_000_000, cacheRead: 500_000, cacheWrite: 0 };
  expect(await mine.cost("openai", "gpt-5", usage)).toEqual({ total: 0.5 + 0.25 + 2 });
  own = { "openai/gpt-5": { input: 0, output: 0 } };
  expect(await mine.cost("openai", "gpt-5", usage)).toEqual({ total: 0 });
});

test("names of other gateways find the same table", async () => {
  expect(await prices.perMillion("google-ai-studio", "gemini-2.5-pro")).toEqual(
    await prices.perMillion("google", "gemini-2.5-pro"),
  );
  expect(await prices.cardFor("nobody", "x")).toBeNull();
});
