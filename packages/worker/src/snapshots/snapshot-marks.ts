/** Small facts of the snapshots' books, each JSON under its name. A fact that cannot be read counts as not there. */

import type { Database } from "../storage/database.ts";

export type SnapshotMark = "undo" | "shrink" | "checked" | "failing";

export interface SnapshotMarks {
  get<Value>(name: SnapshotMark): Value | undefined;
  set(name: SnapshotMark, value: unknown): void;
  delete(name: SnapshotMark): void;
}

export function createSnapshotMarks(db: Database): SnapshotMarks {
  return {
    get<Value>(name: SnapshotMark) {
      const row = db.one<{ value: string }>("SELECT value FROM snapshot_marks WHERE name = ?", name);
      try {
        return row && (JSON.parse(row.value) as Value);
      } catch {
        return undefined;
      }
    },
    set: (name, value) =>
      void db.run("INSERT OR REPLACE INTO snapshot_marks (name, value) VALUES (?, ?)", name, JSON.stringify(value)),
    delete: (name) => void db.run("DELETE FROM snapshot_marks WHERE name = ?", name),
  };
}
