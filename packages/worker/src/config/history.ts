/** The kept versions of each section: who changed what, what lies between two of them, and the way back to one. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ConfigChange, ConfigVersion } from "@moltworker/protocol/rows";
import type { Database } from "../storage/database.ts";
import type { ChangeOptions, ChangeResult, Config } from "./config.ts";
import { changedPaths, isJsonObject, type Json, type JsonObject, leaves, overlay, valueAt } from "./merge.ts";
import type { AnySection } from "./section.ts";
import { parseStored } from "./stored.ts";

export interface ConfigHistory {
  /** Newest first. `before`: entries older than this id. */
  list(page: { section?: string; limit: number; before?: number }): ConfigVersion[];
  /** Effective values that differ; version 0 is the defaults, `to` left out is the present one. Throws NOT_FOUND. */
  diff(section: string, from: number, to?: number): ConfigChange[];
  /** Makes a kept version the present one, as a new version; 0 brings back the defaults. Throws NOT_FOUND, CONFIG_INVALID, CONFLICT. */
  restore(section: string, version: number, options: ChangeOptions): ChangeResult;
}

interface Row {
  id: number;
  section: string;
  version: number;
  value: string;
  changed_by: string;
  changed_at: number;
}

const columns = "rowid AS id, section, version, value, changed_by, changed_at";

export function createConfigHistory<Settings>(deps: {
  sections: readonly AnySection[];
  db: Database;
  config: Config<Settings>;
}): ConfigHistory {
  const { db } = deps;
  const kept = (section: string, version: number) =>
    db.one<Row>(`SELECT ${columns} FROM config_history WHERE section = ? AND version = ?`, section, version);
  const present = (section: string) =>
    db.one<{ version: number }>("SELECT version FROM config WHERE section = ?", section)?.version ?? 0;

  function sectionOf(name: string): AnySection {
    const section = deps.sections.find((one) => one.name === name);
    if (section) return section;
    throw new MoltError("NOT_FOUND", { message: `there is no section "${name}"`, hint: "Take a name from `config.schema`." });
  }

  /** What was set in a version, without the defaults. */
  function storedIn(section: string, version: number): JsonObject {
    if (version === 0) return {};
    const row = kept(section, version);
    if (row) return parseStored(row.value) ?? {};
    throw new MoltError("NOT_FOUND", {
      message: `version ${version} of "${section}" is not kept`,
      hint: "Take a version from `config.history`.",
    });
  }

  const effective = (section: AnySection, version: number) =>
    overlay(section.defaults as Json, storedIn(section.name, version)) as JsonObject;

  return {
    list: ({ section, limit, before }) =>
      db
        .all<Row>(
          `SELECT ${columns} FROM config_history WHERE rowid < ? AND (? = '' OR section = ?) ORDER BY rowid DESC LIMIT ?`,
          before ?? Number.MAX_SAFE_INTEGER,
          section ?? "",
          section ?? "",
          limit,
        )
        .map((row) => {
          const earlier = row.version === 1 ? {} : parseStored(kept(row.section, row.version - 1)?.value ?? "");
          return {
            id: row.id,
            section: row.section,
            version: row.version,
            changedBy: row.changed_by,
            changedAt: row.changed_at,
            changedPaths: earlier ? changedPaths(earlier, parseStored(row.value) ?? {}) : null,
            current: row.version === present(row.section),
          };
        }),
    diff(name, from, to) {
      const section = sectionOf(name);
      const [before, after] = [effective(section, from), effective(section, to ?? present(name))];
      const paths = new Map([...leaves(before), ...leaves(after)].map(({ path }) => [JSON.stringify(path), path]));
      return [...paths.values()]
        .map((path) => ({ path: path.join("."), before: valueAt(before, path), after: valueAt(after, path) }))
        .filter(
          ({ before: old, after: now }) =>
            !(isJsonObject(old) && isJsonObject(now)) && JSON.stringify(old) !== JSON.stringify(now),
        )
        .sort((one, other) => one.path.localeCompare(other.path));
    },
    restore: (name, version, options) => deps.config.replace(sectionOf(name).name, storedIn(name, version), options),
  };
}
