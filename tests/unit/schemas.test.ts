/** Data that a released version wrote, opened with today's code. `tests/schemas/freeze.ts` makes the files; none is ever changed. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { sections } from "../../packages/worker/src/catalog/sections.ts";
import { createConfig } from "../../packages/worker/src/config/config.ts";
import { sweepPoison } from "../../packages/worker/src/services/poison-sweep.ts";
import { createTranscript } from "../../packages/worker/src/sessions/transcript.ts";
import { isInternal } from "../../packages/worker/src/snapshots/table-policy.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createQuarantine } from "../../packages/worker/src/storage/quarantine.ts";
import { createTestDatabase } from "../support/database.ts";

const folder = new URL("../schemas/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
const clock = { now: () => 1, sleep: async () => {} };
const log = { debug() {}, info() {}, warn() {}, error() {} };

const tablesOf = (db: Database) =>
  db
    .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .map(({ name }) => name)
    .filter((name) => !isInternal(name));

/** Tables with their columns, and the names of indexes and triggers: equal lists are the same schema. */
const shapeOf = (db: Database) => [
  ...tablesOf(db).map((name) => {
    const columns = db.all('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name', name);
    return `${name} ${JSON.stringify(columns)}`;
  }),
  ...db
    .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name")
    .map(({ name }) => name),
];

const countsOf = (db: Database, tables: readonly string[]) =>
  tables.map((name) => `${name} ${db.one<{ n: number }>(`SELECT count(*) AS n FROM "${name}"`)?.n}`);

test("each released schema has a file, and no file was changed", () => {
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const hash = createHash("sha256")
      .update(readFileSync(new URL(name, folder)))
      .digest("hex");
    expect(name).toContain(`-${hash.slice(0, 12)}.sql`);
  }
});

test.each(files)("%s opens with today's code: every row, the schema of a new assistant, readable contents", (name) => {
  const db = createTestDatabase();
  db.run(readFileSync(new URL(name, folder), "utf8"));
  const applied = db.all<{ name: string }>("SELECT name FROM schema_migrations ORDER BY position").map((row) => row.name);
  expect(migrations.slice(0, applied.length).map((migration) => migration.name)).toEqual(applied);
  const tables = tablesOf(db).filter((table) => table !== "schema_migrations");
  const counts = countsOf(db, tables);
  migrate(db, migrations, clock);
  expect(countsOf(db, tables)).toEqual(counts);
  const fresh = createTestDatabase();
  migrate(fresh, migrations, clock);
  expect(shapeOf(db)).toEqual(shapeOf(fresh));

  const quarantine = createQuarantine(db, clock);
  expect(sweepPoison(db, quarantine).taken).toEqual({});
  const config = createConfig({ sections, db, clock, log, seeds: {}, quarantine });
  expect(config.get("agent").name).toBe("Frozen");
  expect(quarantine.count()).toBe(0);
  const { messages } = createTranscript(db, clock).page("agent:main:main", 100, 0);
  expect(messages.map(({ entry }) => entry.role)).toEqual(["user", "assistant", "user", "assistant", "toolResult", "assistant"]);
});
