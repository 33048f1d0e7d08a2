import { expect, it } from "vitest";
import { createBackoff } from "./backoff.ts";

it("doubles from 250 ms and gives up at the sixth quick crash", () => {
  const backoff = createBackoff();
  expect(Array.from({ length: 6 }, () => backoff.next(10))).toEqual([250, 500, 1_000, 2_000, 4_000, undefined]);
});

it("forgives after a healthy minute", () => {
  const backoff = createBackoff();
  for (let crash = 0; crash < 4; crash++) backoff.next(10);
  expect(backoff.next(60_000)).toBe(250);
  expect(backoff.next(10)).toBe(500);
});
