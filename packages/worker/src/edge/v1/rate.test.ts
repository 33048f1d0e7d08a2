/** How often one token may ask, and how much it may wait for at once; nobody pays for another's haste. */

import { expect, test } from "vitest";
import { createTestClock } from "../../../../../tests/support/identity.ts";
import { createRate } from "./rate.ts";

const limited = expect.objectContaining({ code: "RATE_LIMITED" });

test("a minute's worth at once, then as time fills it again, each for themselves", () => {
  const clock = createTestClock();
  const rate = createRate(clock, () => 60);
  for (let index = 0; index < 60; index += 1) rate.take("one");
  expect(() => rate.take("one")).toThrow(limited);
  expect(() => rate.take("two")).not.toThrow();
  clock.advance(999);
  expect(() => rate.take("one")).toThrow(expect.objectContaining({ retryAfterMs: 1 }));
  clock.advance(1);
  expect(() => rate.take("one")).not.toThrow();
  expect(() => rate.take("one")).toThrow(limited);
});

test("the limit is read at each asking", () => {
  let perMinute = 1;
  const rate = createRate(createTestClock(), () => perMinute);
  rate.take("one");
  perMinute = 10;
  expect(() => rate.take("one")).toThrow(limited);
  expect(() => rate.take("fresh")).not.toThrow();
});

test("32 answers at once, and a place is free again once, however often it is given back", () => {
  const rate = createRate(createTestClock(), () => 1_000);
  const releases = Array.from({ length: 32 }, () => rate.open("one"));
  expect(() => rate.open("one")).toThrow(limited);
  expect(() => rate.open("two")).not.toThrow();
  releases[0]?.();
  releases[0]?.();
  rate.open("one");
  expect(() => rate.open("one")).toThrow(limited);
});
