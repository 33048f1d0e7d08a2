/**
 * Settings: zod sections, versioned rows, validated before commit. A row holds only what was set; defaults fill the rest,
 * so a better default reaches everyone who never chose. A section whose stored value is invalid falls back to its
 * defaults and is reported: nothing stored can stop the assistant from starting.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { z } from "zod";
import type { Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import {
  changedPaths,
  hasUnsafeKey,
  isJsonObject,
  type Json,
  type JsonObject,
  leaves,
  mergePatch,
  overlay,
  valueAt,
  withValueAt,
} from "./merge.ts";
import type { AnySection } from "./section.ts";
import { type ConfigIssue, parseStored, readStored, toIssues } from "./stored.ts";

/** `Settings` is `catalog/sections.ts`'s type; the store is generic so that `config/` does not import the catalog. */
export interface Config<Settings> {
  get<Name extends keyof Settings>(section: Name): Settings[Name];
  snapshot(): { config: Settings; hash: string; issues: ConfigIssue[]; warnings: ConfigIssue[] };
  /** JSON merge patch over the whole. Throws CONFIG_INVALID with `details.issues`, CONFLICT on a stale `baseHash`; nothing changes then. */
  patch(
    merge: Record<string, unknown>,
    options: { baseHash?: string; changedBy: string },
  ): { changedPaths: string[]; hash: string };
  /** Called after each commit with the changed section names. */
  onChange(listener: (sections: string[]) => void): void;
}

export const configMigration: Migration = {
  name: "0007-config",
  statements: [
    // `value` is sparse: only what was set by a person or the environment.
    "CREATE TABLE config (section TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL)",
    `CREATE TABLE config_history (
      section TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL,
      PRIMARY KEY (section, version))`,
    // The last value that the environment gave for a leaf, and whether it still stands (1) or a person has typed another (0).
    "CREATE TABLE config_seeds (path TEXT PRIMARY KEY, value TEXT NOT NULL, stands INTEGER NOT NULL)",
  ],
};

/** A setting's section, stored as one row; far below the row limit. */
const MAX_SECTION_BYTES = 262_144;
const HISTORY_PER_SECTION = 100;
const ENVIRONMENT = "environment";

type SettingsOf<Sections extends readonly AnySection[]> = { [S in Sections[number] as S["name"]]: z.infer<S["schema"]> };

interface Row {
  section: string;
  value: string;
  version: number;
}

interface Loaded {
  /** What is stored, unknown keys included: a newer version may know them. */
  stored: JsonObject;
  version: number;
  value: unknown;
}

interface ConfigDeps<Sections extends readonly AnySection[]> {
  sections: Sections;
  db: Database;
  clock: Clock;
  log: Log;
  seeds: Seeds;
  /** What the environment says of a section in the words of a layer above, such as each provider's own address variable. */
  given?: Partial<Record<Sections[number]["name"], object>>;
}

/** Loads every section, then takes over environment values that are new or changed. Never throws for a bad stored or seeded value. */
export function createConfig<const Sections extends readonly AnySection[]>(
  deps: ConfigDeps<Sections>,
): Config<SettingsOf<Sections>> {
  const { sections, db, clock, log } = deps;
  const listeners: ((sections: string[]) => void)[] = [];
  const byName = new Map<string, AnySection>(sections.map((section) => [section.name, section]));
  const loaded = new Map<string, Loaded>();
  const issues = new Map<string, ConfigIssue[]>();
  const warnings = new Map<string, ConfigIssue[]>();
  const seedIssues: ConfigIssue[] = [];

  function load(section: AnySection): void {
    const row = db.one<Row>("SELECT section, value, version FROM config WHERE section = ?", section.name);
    const stored = parseStored(row?.value);
    const result = readStored(section, stored);
    issues.set(section.name, result.issues);
    warnings.set(section.name, result.warnings);
    loaded.set(section.name, { stored: stored ?? {}, version: row?.version ?? 0, value: result.value });
  }

  function write(name: string, stored: JsonObject, changedBy: string): void {
    const value = JSON.stringify(stored);
    if (value.length > MAX_SECTION_BYTES)
      throw new MoltError("PAYLOAD_TOO_LARGE", { message: `the section "${name}" is larger than ${MAX_SECTION_BYTES} bytes` });
    const version = (loaded.get(name)?.version ?? 0) + 1;
    const now = clock.now();
    db.run(
      "INSERT OR REPLACE INTO config (section, value, version, changed_by, changed_at) VALUES (?, ?, ?, ?, ?)",
      name,
      value,
      version,
      changedBy,
      now,
    );
    db.run(
      "INSERT INTO config_history (section, version, value, changed_by, changed_at) VALUES (?, ?, ?, ?, ?)",
      name,
      version,
      value,
      changedBy,
      now,
    );
    db.run("DELETE FROM config_history WHERE section = ? AND version <= ?", name, version - HISTORY_PER_SECTION);
  }

  function seedSection(section: AnySection): void {
    const given = deps.given?.[section.name as Sections[number]["name"]] ?? {};
    const seeded = overlay((section.seed?.(deps.seeds) ?? {}) as Json, given as Json);
    if (Object.keys(seeded as object).length === 0) return;
    const before = storedOf(section.name);
    let stored: Json = before;
    const seen: { path: string; value: string; stands: number }[] = [];
    for (const leaf of leaves(seeded)) {
      const path = JSON.stringify([section.name, ...leaf.path]);
      const value = JSON.stringify(leaf.value);
      const last = db.one<{ value: string; stands: number }>("SELECT value, stands FROM config_seeds WHERE path = ?", path);
      if (last?.value === value) continue;
      const free = last?.stands === 1 || valueAt(stored, leaf.path) === undefined;
      if (free) stored = withValueAt(stored, leaf.path, leaf.value);
      seen.push({ path, value, stands: free ? 1 : 0 });
    }
    if (seen.length === 0) return;
    const found = readStored(section, stored as JsonObject).issues.filter(
      (issue) => !issues.get(section.name)?.some((known) => known.path === issue.path),
    );
    if (found.length > 0) {
      seedIssues.push(...found.map((issue) => ({ ...issue, message: `from the environment: ${issue.message}` })));
      return;
    }
    db.transaction(() => {
      if (JSON.stringify(stored) !== JSON.stringify(before)) write(section.name, stored as JsonObject, ENVIRONMENT);
      for (const seed of seen)
        db.run("INSERT OR REPLACE INTO config_seeds (path, value, stands) VALUES (?, ?, ?)", seed.path, seed.value, seed.stands);
    });
    load(section);
  }

  const storedOf = (name: string): JsonObject => loaded.get(name)?.stored ?? {};
  const hash = () => `v${[...loaded.values()].reduce((sum, section) => sum + section.version, 0)}`;
  const effective = () => Object.fromEntries([...loaded].map(([name, section]) => [name, section.value])) as SettingsOf<Sections>;

  for (const section of sections) load(section);
  for (const section of sections) seedSection(section);
  const bad = [...[...issues.values()].flat(), ...seedIssues];
  if (bad.length > 0) log.warn("config.invalid", { issues: bad });

  return {
    get: (name) => (loaded.get(name as string) as Loaded).value as SettingsOf<Sections>[typeof name],
    snapshot: () => ({
      config: effective(),
      hash: hash(),
      issues: [...[...issues.values()].flat(), ...seedIssues],
      warnings: [...warnings.values()].flat(),
    }),
    patch: (merge, options) => {
      if (options.baseHash !== undefined && options.baseHash !== hash()) {
        throw new MoltError("CONFLICT", {
          message: "config changed since last load; re-run config.get and retry",
          details: { hash: hash() },
        });
      }
      const next = planPatch(byName, storedOf, merge);
      const before = effective() as unknown as JsonObject;
      db.transaction(() => {
        for (const [name, stored] of next) {
          write(name, stored, options.changedBy);
          releaseSeeds(db, name, merge[name] as Json);
        }
      });
      for (const name of next.keys()) load(byName.get(name) as AnySection);
      const names = [...next.keys()];
      if (names.length > 0) for (const listener of listeners) listener(names);
      return { changedPaths: changedPaths(before, effective() as unknown as JsonObject), hash: hash() };
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

/** The sparse sections as they would be stored; throws CONFIG_INVALID with every issue. Sections that stay as they are, are left out. */
function planPatch(
  byName: ReadonlyMap<string, AnySection>,
  storedOf: (name: string) => JsonObject,
  merge: Record<string, unknown>,
): Map<string, JsonObject> {
  const next = new Map<string, JsonObject>();
  const issues: ConfigIssue[] = [];
  for (const [name, patch] of Object.entries(merge)) {
    const section = byName.get(name);
    if (!section)
      issues.push({ path: name, message: `there is no section of this name; known are ${[...byName.keys()].join(", ")}` });
    else if (patch !== null && !isJsonObject(patch)) issues.push({ path: name, message: "must be an object" });
    else if (hasUnsafeKey(patch)) issues.push({ path: name, message: "contains a key that is not allowed" });
    else {
      const stored = patch === null ? {} : (mergePatch(storedOf(name), patch) as JsonObject);
      const parsed = section.schema.safeParse(overlay(section.defaults as Json, stored));
      if (!parsed.success) issues.push(...toIssues(name, parsed.error));
      else if (JSON.stringify(stored) !== JSON.stringify(storedOf(name))) next.set(name, stored);
    }
  }
  const [first] = issues;
  if (first) throw new MoltError("CONFIG_INVALID", { message: `${first.path}: ${first.message}`, details: { issues } });
  return next;
}

/** What a person typed is theirs: later values of the environment no longer replace it. */
function releaseSeeds(db: Database, section: string, patch: Json): void {
  if (patch === null) {
    db.run("UPDATE config_seeds SET stands = 0 WHERE path LIKE ?", `["${section}",%`);
    return;
  }
  for (const { path } of leaves(patch)) {
    const own = JSON.stringify([section, ...path]);
    db.run(
      "UPDATE config_seeds SET stands = 0 WHERE path = ? OR substr(path, 1, ?) = ?",
      own,
      own.length,
      `${own.slice(0, -1)},`,
    );
  }
}
