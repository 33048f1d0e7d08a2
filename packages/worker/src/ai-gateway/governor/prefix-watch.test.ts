import { expect, test } from "vitest";
import { createRandom } from "../../../../../tests/support/random.ts";
import { flatRate } from "../rate-card.ts";
import { breakCost, PrefixWatch } from "./prefix-watch.ts";

const card = { input: flatRate(10), output: flatRate(30), cacheRead: flatRate(1) };
const text = (seed: number, length: number) => {
  const random = createRandom(seed);
  return Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join("");
};

test("a request that only goes on breaks nothing, whatever its length", () => {
  const watch = new PrefixWatch();
  const whole = text(1, 10_000);
  for (let end = 1; end < 10_000; end += 333) expect(watch.compare("s", "m", whole.slice(0, end), 0).brokeAt).toBeUndefined();
});

test("a changed byte is found to its piece, anywhere", () => {
  const whole = text(2, 8_192);
  for (let at = 0; at < 8_192; at += 97) {
    const watch = new PrefixWatch();
    watch.compare("s", "m", whole, 0);
    const changed = `${whole.slice(0, at)}#${whole.slice(at + 1)} and more`;
    const { brokeAt } = watch.compare("s", "m", changed, 1);
    expect(brokeAt).toBe(Math.floor(at / 256) * 256);
  }
});

test("it costs the difference between fresh and cached tokens of what was lost", () => {
  const watch = new PrefixWatch();
  const whole = text(3, 10_240);
  watch.compare("s", "m", whole, 0);
  watch.noteTokens("s", 1_000);
  const found = watch.compare("s", "m", `${whole.slice(0, 5_120)}#${whole.slice(5_121)}`, 1);
  expect(breakCost(found, card)).toEqual({ atByte: 5_120, costUsd: (500 * 9) / 1e6 });
  expect(breakCost(found, { ...card, cacheRead: undefined })).toBeNull();
});

test("another model, another conversation, or a cache long gone break nothing", () => {
  const watch = new PrefixWatch();
  watch.compare("s", "m", text(4, 4_000), 0);
  expect(watch.compare("t", "m", text(5, 4_000), 1).brokeAt).toBeUndefined();
  expect(watch.compare("s", "n", text(5, 4_000), 1).brokeAt).toBeUndefined();
  expect(watch.compare("s", "n", text(6, 4_000), 400_000).brokeAt).toBeUndefined();
});
