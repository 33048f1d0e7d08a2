/** Forward-only migrations. Each is one transaction; a database newer than the code is refused, never guessed at. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "./database.ts";

export interface Migration {
  /** Stable name; never reused or renamed once released. */
  name: string;
  statements: readonly string[];
}

/** Names of those that a start would apply. Throws STORAGE_CORRUPT when the history does not fit. */
export function missingMigrations(db: Database, migrations: readonly Migration[]): string[] {
  return migrations.slice(checkedHistory(db, migrations)).map((migration) => migration.name);
}

/** Applies what is missing, in order. Returns the names applied. Throws STORAGE_CORRUPT when the history does not fit. */
export function migrate(db: Database, migrations: readonly Migration[], clock: Clock): string[] {
  db.run(
    "CREATE TABLE IF NOT EXISTS schema_migrations (position INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)",
  );
  const applied = checkedHistory(db, migrations);
  const missing = migrations.slice(applied);
  for (const [index, migration] of missing.entries()) {
    db.transaction(() => {
      for (const statement of migration.statements) db.run(statement);
      db.run(
        "INSERT INTO schema_migrations (position, name, applied_at) VALUES (?, ?, ?)",
        applied + index,
        migration.name,
        clock.now(),
      );
    });
  }
  return missing.map((migration) => migration.name);
}

/** How many are applied. */
function checkedHistory(db: Database, migrations: readonly Migration[]): number {
  if (!db.one("SELECT 1 AS found FROM sqlite_master WHERE name = 'schema_migrations'")) return 0;
  const applied = db.all<{ name: string }>("SELECT name FROM schema_migrations ORDER BY position").map((row) => row.name);
  for (const [position, name] of applied.entries()) {
    const known = migrations[position];
    if (!known)
      throw new MoltError("STORAGE_CORRUPT", {
        message: `the database was written by a newer version (it knows "${name}")`,
        hint: "Start the newer version again.",
      });
    if (known.name !== name) throw new MoltError("STORAGE_CORRUPT", { message: `the database's history differs at "${name}"` });
  }
  return applied.length;
}
