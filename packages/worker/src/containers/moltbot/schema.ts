import type { Migration } from "../../storage/migrations.ts";

/** Homes of a hosted OpenClaw by moment, the chunks that each stands on, and how the hosting stands. Their bytes are blobs. */
export const hostedMigration: Migration = {
  name: "0040-hosted-homes",
  statements: [
    `CREATE TABLE hosted_homes (
      id TEXT PRIMARY KEY,
      made_at INTEGER NOT NULL,
      version TEXT NOT NULL,
      reason TEXT NOT NULL,
      mark TEXT NOT NULL,
      manifest TEXT NOT NULL,
      files INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      verdict TEXT NOT NULL
    )`,
    "CREATE INDEX hosted_homes_by_time ON hosted_homes (made_at)",
    "CREATE TABLE hosted_home_chunks (home TEXT NOT NULL, sha TEXT NOT NULL, PRIMARY KEY (home, sha)) WITHOUT ROWID",
    "CREATE INDEX hosted_home_chunks_by_sha ON hosted_home_chunks (sha)",
    "CREATE TABLE hosted_state (id INTEGER PRIMARY KEY CHECK (id = 1), row TEXT NOT NULL)",
  ],
};
