/** Small facts about the object itself that must outlive it: one row a fact. */

import type { Database } from "./database.ts";
import type { Migration } from "./migrations.ts";

export const marksMigration: Migration = {
  name: "0010-marks",
  statements: ["CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL)"],
};

export interface Marks {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export function createMarks(db: Database): Marks {
  return {
    get: (name) => db.one<{ value: string }>("SELECT value FROM marks WHERE name = ?", name)?.value,
    set: (name, value) =>
      void db.run(
        "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
      ),
  };
}
