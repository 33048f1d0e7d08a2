import { expect, it } from "vitest";
import { createBreakers } from "./breaker.ts";

const key = { provider: "openai", model: "gpt", keyAlias: "default" };

function world() {
  const clock = { at: 1_000_000, now: () => clock.at, sleep: () => Promise.resolve() };
  return { clock, breakers: createBreakers(clock) };
}

it("opens after five failures in a row, lets one call try after its pause, and closes when that succeeds", () => {
  const { clock, breakers } = world();
  for (let count = 0; count < 4; count += 1) breakers.failed(key, "PROVIDER_UNAVAILABLE");
  expect(breakers.waitMs(key)).toBe(0);
  breakers.failed(key, "PROVIDER_TIMEOUT");
  expect(breakers.waitMs(key)).toBe(10_000);
  expect(breakers.waitMs({ ...key, model: "other" })).toBe(0);
  expect(breakers.list()).toMatchObject([
    { ...key, state: "open", failures: 5, lastError: "PROVIDER_TIMEOUT", until: 1_010_000 },
  ]);
  clock.at += 10_000;
  expect(breakers.waitMs(key)).toBe(0);
  expect(breakers.waitMs(key)).toBeGreaterThan(0);
  expect(breakers.list()[0]?.state).toBe("trying");
  breakers.succeeded(key);
  expect(breakers.waitMs(key)).toBe(0);
  expect(breakers.list()).toEqual([]);
});

it("pauses longer when the trial fails, and is never stuck on a trial that says nothing", () => {
  const { clock, breakers } = world();
  for (let count = 0; count < 5; count += 1) breakers.failed(key, "PROVIDER_UNAVAILABLE");
  clock.at += 10_000;
  expect(breakers.waitMs(key)).toBe(0);
  breakers.failed(key, "PROVIDER_UNAVAILABLE");
  expect(breakers.waitMs(key)).toBe(20_000);
  clock.at += 20_000;
  expect(breakers.waitMs(key)).toBe(0);
  breakers.abandoned(key);
  expect(breakers.waitMs(key)).toBe(0);
});

it("is cleared by hand, whole or in part", () => {
  const { breakers } = world();
  for (const model of ["a", "b"])
    for (let count = 0; count < 5; count += 1) breakers.failed({ ...key, model }, "PROVIDER_UNAVAILABLE");
  expect(breakers.clear({ model: "a" })).toBe(1);
  expect(breakers.waitMs({ ...key, model: "a" })).toBe(0);
  expect(breakers.waitMs({ ...key, model: "b" })).toBeGreaterThan(0);
  expect(breakers.clear({})).toBe(1);
});

it("takes failures far apart for no row", () => {
  const { clock, breakers } = world();
  for (let count = 0; count < 12; count += 1) {
    breakers.failed(key, "PROVIDER_UNAVAILABLE");
    clock.at += 121_000;
  }
  expect(breakers.waitMs(key)).toBe(0);
});
