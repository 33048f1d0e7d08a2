import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import { createLog } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import { migrate } from "../storage/migrations.ts";
import { configMigration, createConfig } from "./config.ts";
import { createConfigHistory } from "./history.ts";
import { defineSection } from "./section.ts";

const agent = defineSection({
  name: "agent",
  schema: z.strictObject({ name: z.string().min(1), limits: z.strictObject({ steps: z.int().min(1), minutes: z.int().min(1) }) }),
  defaults: { name: "Molt", limits: { steps: 60, minutes: 5 } },
  seed: (seeds) => (seeds.MOLTWORKER_MODEL ? { name: seeds.MOLTWORKER_MODEL } : {}),
});
const other = defineSection({ name: "other", schema: z.strictObject({ on: z.boolean() }), defaults: { on: false } });

function opened(db: Database = fresh(), seeds = {}) {
  const sections = [agent, other] as const;
  const config = createConfig({ sections, db, clock: createTestClock(), log: createLog(() => undefined), seeds });
  return { db, config, history: createConfigHistory({ sections, db, config }) };
}

function fresh(): Database {
  const db = createTestDatabase();
  migrate(db, [configMigration], createTestClock());
  return db;
}

const by = (changedBy: string) => ({ changedBy });
const codeOf = (work: () => unknown) => {
  try {
    work();
    return "nothing was thrown";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("the versions of a section", () => {
  test("say who changed which settings, newest first, a page at a time", () => {
    const { config, history } = opened();
    config.patch({ agent: { name: "A" } }, by("anna"));
    config.patch({ other: { on: true } }, by("bert"));
    config.patch({ agent: { name: "B", limits: { steps: 3 } } }, by("carl"));
    const first = history.list({ limit: 2 });
    expect(first).toMatchObject([
      { section: "agent", version: 2, changedBy: "carl", changedPaths: ["limits.steps", "name"], current: true },
      { section: "other", version: 1, changedBy: "bert", changedPaths: ["on"], current: true },
    ]);
    expect(history.list({ limit: 2, before: first[1]?.id ?? 0 })).toMatchObject([
      { version: 1, changedBy: "anna", current: false },
    ]);
    expect(history.list({ limit: 9, section: "other" })).toHaveLength(1);
  });

  test("differ in effective values, against the defaults too", () => {
    const { config, history } = opened();
    config.patch({ agent: { name: "A" } }, by("t"));
    config.patch({ agent: { limits: { steps: 3 } } }, by("t"));
    expect(history.diff("agent", 0, 1)).toEqual([{ path: "name", before: "Molt", after: "A" }]);
    expect(history.diff("agent", 1)).toEqual([{ path: "limits.steps", before: 60, after: 3 }]);
    expect(history.diff("agent", 2, 2)).toEqual([]);
    expect(codeOf(() => history.diff("agent", 1, 9))).toBe("NOT_FOUND");
    expect(codeOf(() => history.diff("nowhere", 0))).toBe("NOT_FOUND");
  });

  test("beyond the kept hundred fall off, and the oldest kept one does not claim to know what changed", () => {
    const { config, history } = opened();
    for (let index = 1; index <= 103; index += 1) config.patch({ agent: { name: `n${index}` } }, by("t"));
    const all = history.list({ limit: 200 });
    expect(all).toHaveLength(100);
    expect(all.at(-1)).toMatchObject({ version: 4, changedPaths: null });
    expect(codeOf(() => history.restore("agent", 3, by("t")))).toBe("NOT_FOUND");
  });
});

describe("the way back", () => {
  test("is a new version with the old values, and what was not set then is the default again", () => {
    const { config, history } = opened();
    const heard: string[][] = [];
    config.patch({ agent: { name: "A" } }, by("t"));
    config.patch({ agent: { limits: { steps: 3 } } }, by("t"));
    config.onChange((names) => heard.push(names));
    const base = config.snapshot().hash;
    expect(history.restore("agent", 1, { changedBy: "anna", baseHash: base })).toEqual({
      changedPaths: ["agent.limits.steps"],
      hash: "v3",
    });
    expect(config.get("agent")).toEqual({ name: "A", limits: { steps: 60, minutes: 5 } });
    expect(history.list({ limit: 1 })[0]).toMatchObject({ version: 3, changedBy: "anna", changedPaths: ["limits.steps"] });
    expect(heard).toEqual([["agent"]]);
    history.restore("agent", 0, by("t"));
    expect(config.get("agent")).toEqual(agent.defaults);
  });

  test("is refused when the settings are not those that were looked at, and nothing changes", () => {
    const { config, history } = opened();
    config.patch({ agent: { name: "A" } }, by("t"));
    const base = config.snapshot().hash;
    config.patch({ other: { on: true } }, by("t"));
    expect(codeOf(() => history.restore("agent", 0, { changedBy: "t", baseHash: base }))).toBe("CONFLICT");
    expect(config.get("agent").name).toBe("A");
  });

  test("is refused when the old value is not valid any more, with its path", () => {
    const { db, config, history } = opened();
    config.patch({ agent: { name: "A" } }, by("t"));
    config.patch({ agent: { name: "B" } }, by("t"));
    db.run(`UPDATE config_history SET value = '{"limits":{"steps":"many"}}' WHERE version = 1`);
    expect(codeOf(() => history.restore("agent", 1, by("t")))).toBe("CONFIG_INVALID");
    expect(config.get("agent").name).toBe("B");
    expect(history.list({ limit: 9 })).toHaveLength(2);
  });

  test("to what is in force already writes no version", () => {
    const { config, history } = opened();
    config.patch({ agent: { name: "A" } }, by("t"));
    expect(history.restore("agent", 1, by("t"))).toEqual({ changedPaths: [], hash: "v1" });
  });

  test("is a person's word: the same variable does not undo it at the next start", () => {
    const db = fresh();
    const { config, history } = opened(db, { MOLTWORKER_MODEL: "Seeded" });
    expect(config.get("agent").name).toBe("Seeded");
    history.restore("agent", 0, by("t"));
    expect(opened(db, { MOLTWORKER_MODEL: "Seeded" }).config.get("agent").name).toBe("Molt");
  });
});

describe("a section that a newer version wrote", () => {
  test("can be patched; its unknown key stays, and a new unknown key is still refused", () => {
    const db = fresh();
    db.run(`INSERT INTO config VALUES ('agent', '{"name":"A","wings":2}', 1, 't', 0)`);
    const { config } = opened(db);
    config.patch({ agent: { name: "B" } }, by("t"));
    expect(config.get("agent").name).toBe("B");
    expect(db.one("SELECT value FROM config")).toEqual({ value: '{"name":"B","wings":2}' });
    expect(codeOf(() => config.patch({ agent: { fins: 2 } }, by("t")))).toBe("CONFIG_INVALID");
    expect(codeOf(() => config.patch({ agent: { limits: { years: 1 } } }, by("t")))).toBe("CONFIG_INVALID");
  });
});
