/**
 * Settings: zod sections, versioned rows, validated before commit. A row holds only what was set; defaults fill the rest,
 * so a better default reaches everyone who never chose. A stored value that is invalid falls back to the defaults,
 * an entry by itself and all else with its section, and is reported: nothing stored can stop the assistant from starting.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { z } from "zod";
import type { Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import type { Quarantine } from "../storage/quarantine.ts";
import { changedPaths, hasUnsafeKey, type Json, type JsonObject, leaves, overlay, valueAt, withValueAt } from "./merge.ts";
import { planPatch, planReplace, releaseSeeds } from "./plan.ts";
import type { AnySection } from "./section.ts";
import { type ConfigIssue, parseStored, readStored } from "./stored.ts";

export interface ChangeOptions {
  baseHash?: string;
  /** Who, for the history. */
  changedBy: string;
}

export interface ChangeResult {
  /** Dotted paths whose effective value changed. */
  changedPaths: string[];
  hash: string;
}

/** `Settings` is `catalog/sections.ts`'s type; the store is generic so that `config/` does not import the catalog. */
export interface Config<Settings> {
  get<Name extends keyof Settings>(section: Name): Settings[Name];
  snapshot(): { config: Settings; hash: string; issues: ConfigIssue[]; warnings: ConfigIssue[] };
  /** JSON merge patch over the whole. Throws CONFIG_INVALID with `details.issues`, CONFLICT on a stale `baseHash`; nothing changes then. */
  patch(merge: Record<string, unknown>, options: ChangeOptions): ChangeResult;
  /** A whole section in place of the present one: only what is given is set. Throws as `patch` does. */
  replace(section: string, stored: JsonObject, options: ChangeOptions): ChangeResult;
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
  /** Keeps a stored value that cannot be used, before a change would write over it. */
  quarantine?: Quarantine;
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
    if (row && (!stored || result.issues.length > 0 || hasUnsafeKey(stored)))
      deps.quarantine?.add({
        source: "config",
        name: section.name,
        why: result.issues[0]?.message ?? "not JSON",
        content: row.value,
      });
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

  function checkBase({ baseHash }: ChangeOptions): void {
    if (baseHash === undefined || baseHash === hash()) return;
    throw new MoltError("CONFLICT", {
      message: "config changed since last load; re-run config.get and retry",
      details: { hash: hash() },
    });
  }

  /** `typed` is what a person set of a section, so that the environment lets go of it. */
  function commit(next: Map<string, JsonObject>, changedBy: string, typed: (name: string) => Json): ChangeResult {
    const before = effective() as unknown as JsonObject;
    db.transaction(() => {
      for (const [name, stored] of next) {
        write(name, stored, changedBy);
        releaseSeeds(db, name, typed(name));
      }
    });
    for (const name of next.keys()) load(byName.get(name) as AnySection);
    if (next.size > 0) for (const listener of listeners) listener([...next.keys()]);
    return { changedPaths: changedPaths(before, effective() as unknown as JsonObject), hash: hash() };
  }

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
      checkBase(options);
      return commit(planPatch(byName, storedOf, merge), options.changedBy, (name) => merge[name] as Json);
    },
    replace: (section, stored, options) => {
      checkBase(options);
      return commit(planReplace(byName, storedOf, section, stored), options.changedBy, () => null);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}
