import { expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { migrate } from "../storage/migrations.ts";
import { createKeyPool } from "./key-pool.ts";
import { createSecrets, secretsMigration } from "./secrets.ts";

function world() {
  const clock = { at: 1_000_000, now: () => clock.at, sleep: () => Promise.resolve() };
  const db = createTestDatabase();
  migrate(db, [secretsMigration], clock);
  const secrets = createSecrets(db, clock);
  const pool = createKeyPool(secrets, clock);
  const aliases = (options?: Parameters<typeof pool.pick>[1]) => pool.pick("openai", options).map(({ alias }) => alias);
  return { clock, secrets, pool, aliases };
}

it("offers a provider's own keys alone, by alias, and keeps a conversation to one of them", () => {
  const { pool, aliases } = world();
  pool.set("openai", "default", "sk-1");
  pool.set("openai", "second", "sk-2");
  pool.set("openai-compatible", "default", "sk-other");
  expect(aliases()).toEqual(["default", "second"]);
  expect(aliases({ alias: "second" })).toEqual(["second"]);
  expect(() => pool.pick("openai", { alias: "nobody" })).toThrow('no key named "nobody"');
  const firsts = new Set(Array.from({ length: 40 }, (_, index) => aliases({ affinity: `session-${index}` })[0]));
  expect(firsts).toEqual(new Set(["default", "second"]));
  expect(aliases({ affinity: "s" })).toEqual(aliases({ affinity: "s" }));
});

it("sets a refused key aside until it is replaced, and a limited one until its time is up", () => {
  const { clock, pool, aliases } = world();
  pool.set("openai", "default", "sk-1");
  pool.set("openai", "second", "sk-2");
  pool.reject(pool.pick("openai", { alias: "default" })[0] as never);
  expect(aliases()).toEqual(["second"]);
  expect(pool.list()).toMatchObject([
    { alias: "default", state: "rejected", until: null },
    { alias: "second", state: "good" },
  ]);
  clock.at += 86_400_000;
  expect(aliases()).toEqual(["second"]);
  pool.set("openai", "default", "sk-1-new");
  expect(aliases()).toEqual(["default", "second"]);
  pool.cool(pool.pick("openai", { alias: "second" })[0] as never, clock.at + 5_000);
  expect(aliases()).toEqual(["default"]);
  clock.at += 5_001;
  expect(aliases()).toEqual(["default", "second"]);
});

it("still offers a lone refused key: the provider may have erred", () => {
  const { pool, aliases } = world();
  pool.set("openai", "default", "sk-1");
  const [key] = pool.pick("openai");
  pool.reject(key as never);
  expect(aliases()).toEqual(["default"]);
  pool.praise(key as never);
  expect(pool.list()).toMatchObject([{ state: "good" }]);
});

it("refuses bad aliases and keys, and never shows a key", () => {
  const { pool } = world();
  expect(() => pool.set("openai", "Bad Alias", "sk-1")).toThrow("an alias");
  expect(() => pool.set("openai", "x", "sk 1")).toThrow("one word");
  pool.set("openai", "x", "sk-secret");
  expect(JSON.stringify(pool.list())).not.toContain("sk-secret");
  pool.remove("openai", "x");
  expect(pool.list()).toEqual([]);
  expect(() => pool.remove("openai", "x")).toThrow("no key");
});
