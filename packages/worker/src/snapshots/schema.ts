/** Tables of the snapshots' own books. The store is the truth about what exists; these rows say what is going on here. */

import type { Migration } from "../storage/migrations.ts";

export const snapshotsMigration: Migration = {
  name: "0022-snapshots",
  statements: [
    // One row a piece of work. `state`: waiting, running, done, failed, aborted. `detail` is JSON.
    `CREATE TABLE snapshot_jobs (
      id TEXT PRIMARY KEY, kind TEXT NOT NULL, snapshot_id TEXT, state TEXT NOT NULL, detail TEXT NOT NULL,
      created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, tries INTEGER NOT NULL DEFAULT 0, error TEXT)`,
    "CREATE INDEX snapshot_jobs_open ON snapshot_jobs (state, created_at)",
    // Facts such as the snapshot that a restore can be undone with, or a shrink that waits for a person.
    "CREATE TABLE snapshot_marks (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // What could not be read, as it was found. Rows are added and looked at, never changed.
    `CREATE TABLE quarantine (
      id TEXT PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL, content TEXT, blob BLOB, at INTEGER NOT NULL)`,
  ],
};
