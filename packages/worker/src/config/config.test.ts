import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import type { Seeds } from "../env.ts";
import { createLog } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import { migrate } from "../storage/migrations.ts";
import { configMigration, createConfig } from "./config.ts";
import { defineSection } from "./section.ts";

const agent = defineSection({
  name: "agent",
  schema: z.strictObject({
    name: z.string().min(1),
    model: z.string().min(3).nullable(),
    limits: z.strictObject({ steps: z.int().min(1), minutes: z.int().min(1) }),
  }),
  defaults: { name: "Molt", model: null as string | null, limits: { steps: 60, minutes: 5 } },
  seed: (seeds) => (seeds.MOLTWORKER_MODEL ? { model: seeds.MOLTWORKER_MODEL } : {}),
});
const providers = defineSection({
  name: "providers",
  schema: z.record(
    z.string().regex(/^[a-z-]+$/),
    z.strictObject({ baseUrl: z.url().optional(), enabled: z.boolean().optional() }),
  ),
  defaults: {},
  seed: (seeds) => (seeds.OPENAI_BASE_URL ? { openai: { baseUrl: seeds.OPENAI_BASE_URL } } : {}),
});
const sections = [agent, providers] as const;

function fresh(): Database {
  const db = createTestDatabase();
  migrate(db, [configMigration], createTestClock());
  return db;
}

const open = (db: Database, seeds: Seeds = {}) =>
  createConfig({ sections, db, clock: createTestClock(), log: createLog(() => undefined), seeds });

const store = (db: Database, section: string, value: string) =>
  db.run("INSERT INTO config (section, value, version, changed_by, changed_at) VALUES (?, ?, 1, 'test', 0)", section, value);

function refusal(work: () => unknown): { code: string; details: { issues: { path: string }[] } } {
  try {
    work();
  } catch (error) {
    return error as never;
  }
  throw new Error("nothing was thrown");
}

describe("what is stored", () => {
  test("defaults fill what was never set, and a patch keeps them so", () => {
    const db = fresh();
    expect(open(db).patch({ agent: { limits: { steps: 9 } } }, { changedBy: "t" }).changedPaths).toEqual(["agent.limits.steps"]);
    expect(open(db).get("agent")).toEqual({ name: "Molt", model: null, limits: { steps: 9, minutes: 5 } });
    expect(db.one("SELECT value FROM config WHERE section = 'agent'")).toEqual({ value: '{"limits":{"steps":9}}' });
  });

  test.each([
    ["not JSON", "{"],
    ["not an object", "[1]"],
    ["a wrong type", '{"limits":{"steps":"many"}}'],
  ])("%s falls back to the section's defaults, is reported, and the rest stands", (_, value) => {
    const db = fresh();
    store(db, "agent", value);
    store(db, "providers", '{"openai":{"enabled":false}}');
    const config = open(db);
    expect(config.get("agent")).toEqual(agent.defaults);
    expect(config.get("providers")).toEqual({ openai: { enabled: false } });
    expect(config.snapshot().issues[0]?.path).toMatch(/^agent/);
  });

  test("an entry that is wrong is left out alone, is reported, and is put right by a patch", () => {
    const db = fresh();
    store(db, "providers", '{"openai":{"enabled":false},"groq":{"enabled":"yes"},"Xai":{}}');
    const config = open(db);
    expect(config.get("providers")).toEqual({ openai: { enabled: false } });
    expect(config.snapshot().issues.map(({ path }) => path)).toEqual(["providers.groq.enabled", "providers.Xai"]);
    config.patch({ providers: { groq: { enabled: true }, Xai: null } }, { changedBy: "t" });
    expect(config.get("providers")).toEqual({ openai: { enabled: false }, groq: { enabled: true } });
    expect(config.snapshot().issues).toEqual([]);
  });

  test("the key that was wrong can be put right by a patch", () => {
    const db = fresh();
    store(db, "agent", '{"name":"Lobster","limits":{"steps":"many"}}');
    const config = open(db);
    config.patch({ agent: { limits: { steps: 3 } } }, { changedBy: "t" });
    expect(config.get("agent")).toMatchObject({ name: "Lobster", limits: { steps: 3 } });
    expect(config.snapshot().issues).toEqual([]);
  });

  test("unknown stored keys are ignored with a warning, at any depth, and are not lost", () => {
    const db = fresh();
    store(db, "agent", '{"name":"Lobster","dm":1,"limits":{"steps":3,"years":2}}');
    const config = open(db);
    expect(config.get("agent")).toEqual({ name: "Lobster", model: null, limits: { steps: 3, minutes: 5 } });
    expect(config.snapshot().warnings.map((warning) => warning.path)).toEqual(["agent.limits.years", "agent.dm"]);
    expect(config.snapshot().issues).toEqual([]);
  });
});

describe("patch", () => {
  test("a bad value is refused with its path and nothing changes", () => {
    const db = fresh();
    const config = open(db);
    const before = config.snapshot();
    const error = refusal(() =>
      config.patch(
        { agent: { name: "Fine", limits: { steps: 0 } }, providers: { openai: { baseUrl: "nope" } } },
        { changedBy: "t" },
      ),
    );
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.details.issues.map((issue) => issue.path)).toEqual(["agent.limits.steps", "providers.openai.baseUrl"]);
    expect(config.snapshot()).toEqual(before);
    expect(db.all("SELECT * FROM config")).toEqual([]);
  });

  test.each([
    [{ nowhere: {} }, "nowhere"],
    [{ agent: 3 }, "agent"],
    [{ agent: { nmae: "x" } }, "agent.nmae"],
    [JSON.parse('{"providers":{"__proto__":{"enabled":true}}}'), "providers"],
  ])("%j is refused at %s", (merge, path) => {
    const error = refusal(() => open(fresh()).patch(merge, { changedBy: "t" }));
    expect([error.code, error.details.issues[0]?.path]).toEqual(["CONFIG_INVALID", path]);
    expect(({} as { enabled?: boolean }).enabled).toBeUndefined();
  });

  test("null brings back the default", () => {
    const config = open(fresh());
    config.patch({ agent: { name: "Lobster" }, providers: { openai: { enabled: false } } }, { changedBy: "t" });
    config.patch({ agent: { name: null }, providers: { openai: null } }, { changedBy: "t" });
    expect(config.get("agent").name).toBe("Molt");
    expect(config.get("providers")).toEqual({});
  });

  test("a stale hash is a conflict, the present one is not, and an empty change writes nothing", () => {
    const db = fresh();
    const config = open(db);
    const first = config.snapshot().hash;
    const second = config.patch({ agent: { name: "A" } }, { baseHash: first, changedBy: "t" }).hash;
    expect(second).not.toBe(first);
    expect(refusal(() => config.patch({ agent: { name: "B" } }, { baseHash: first, changedBy: "t" })).code).toBe("CONFLICT");
    expect(config.patch({ agent: { name: "A" } }, { baseHash: second, changedBy: "t" })).toEqual({
      changedPaths: [],
      hash: second,
    });
    expect(open(db).snapshot().hash).toBe(second);
  });

  test("each version is kept with who made it; listeners hear the sections", () => {
    const db = fresh();
    const config = open(db);
    const heard: string[][] = [];
    config.onChange((names) => heard.push(names));
    config.patch({ agent: { name: "A" } }, { changedBy: "anna" });
    config.patch({ agent: { name: "B" } }, { changedBy: "bert" });
    expect(db.all("SELECT version, value, changed_by FROM config_history ORDER BY version")).toEqual([
      { version: 1, value: '{"name":"A"}', changed_by: "anna" },
      { version: 2, value: '{"name":"B"}', changed_by: "bert" },
    ]);
    expect(heard).toEqual([["agent"], ["agent"]]);
  });
});

describe("seeds", () => {
  test("a value is taken once, replaced when the variable changes, and left when it is gone", () => {
    const db = fresh();
    expect(open(db, { MOLTWORKER_MODEL: "openai/a" }).get("agent").model).toBe("openai/a");
    expect(open(db, { MOLTWORKER_MODEL: "openai/b" }).get("agent").model).toBe("openai/b");
    expect(open(db).get("agent").model).toBe("openai/b");
    expect(open(db).snapshot().hash).toBe("v2");
  });

  test("what was typed wins, for the same and for a changed variable", () => {
    const db = fresh();
    open(db, { MOLTWORKER_MODEL: "openai/a" }).patch({ agent: { model: "openai/mine" } }, { changedBy: "t" });
    expect(open(db, { MOLTWORKER_MODEL: "openai/a" }).get("agent").model).toBe("openai/mine");
    expect(open(db, { MOLTWORKER_MODEL: "openai/b" }).get("agent").model).toBe("openai/mine");
    expect(open(db, { MOLTWORKER_MODEL: "openai/c" }).get("agent").model).toBe("openai/mine");
  });

  test("typing one key of a provider leaves the environment's other key in force", () => {
    const db = fresh();
    open(db, { OPENAI_BASE_URL: "https://a.example/" }).patch({ providers: { openai: { enabled: false } } }, { changedBy: "t" });
    expect(open(db, { OPENAI_BASE_URL: "https://b.example/" }).get("providers")).toEqual({
      openai: { baseUrl: "https://b.example/", enabled: false },
    });
  });

  test("an invalid variable is reported and not stored", () => {
    const db = fresh();
    const config = open(db, { OPENAI_BASE_URL: "not a url" });
    expect(config.get("providers")).toEqual({});
    expect(config.snapshot().issues).toMatchObject([
      { path: "providers.openai.baseUrl", message: expect.stringContaining("environment") },
    ]);
    expect(db.all("SELECT * FROM config")).toEqual([]);
  });

  test("what a layer above read from the environment seeds in the same way", () => {
    const db = fresh();
    const openWith = (baseUrl: string) =>
      createConfig({
        sections,
        db,
        clock: createTestClock(),
        log: createLog(() => undefined),
        seeds: {},
        given: { providers: { groq: { baseUrl } } },
      });
    expect(openWith("https://a.example/").get("providers")).toEqual({ groq: { baseUrl: "https://a.example/" } });
    openWith("https://a.example/").patch({ providers: { groq: { baseUrl: "https://mine.example/" } } }, { changedBy: "t" });
    expect(openWith("https://b.example/").get("providers")).toEqual({ groq: { baseUrl: "https://mine.example/" } });
  });

  test("after the default was chosen again, only a changed variable acts", () => {
    const db = fresh();
    open(db, { MOLTWORKER_MODEL: "openai/a" }).patch({ agent: { model: null } }, { changedBy: "t" });
    expect(open(db, { MOLTWORKER_MODEL: "openai/a" }).get("agent").model).toBeNull();
    expect(open(db, { MOLTWORKER_MODEL: "openai/b" }).get("agent").model).toBe("openai/b");
  });
});
