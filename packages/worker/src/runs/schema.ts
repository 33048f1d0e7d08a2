/** Tables of the durable run: runs, steps, the tool ledger, approvals. */

import type { Migration } from "../storage/migrations.ts";

export const runOptionsMigration: Migration = {
  name: "0019-run-options",
  // What holds for this run alone, as JSON; see RunOptions.
  statements: ["ALTER TABLE runs ADD COLUMN options TEXT"],
};

export const runsMigration: Migration = {
  name: "0002-runs",
  statements: [
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY, session_key TEXT NOT NULL, channel TEXT NOT NULL, principal TEXT NOT NULL, state TEXT NOT NULL,
      thinking TEXT, deadline_ms INTEGER, merged_into TEXT,
      created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
      stop_reason TEXT, error TEXT, answer_message_id TEXT,
      interruptions INTEGER NOT NULL DEFAULT 0, lives INTEGER NOT NULL DEFAULT 0)`,
    "CREATE INDEX runs_open ON runs (state, created_at)",
    "CREATE INDEX runs_of_session ON runs (session_key, state)",
    // `state`: started, done, failed, interrupted.
    `CREATE TABLE run_steps (
      run_id TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
      started_at INTEGER NOT NULL, ended_at INTEGER, PRIMARY KEY (run_id, position))`,
    // `state`: proposed, started, done, unknown, cancelled. One row a call, unique by run, step and place in the step.
    `CREATE TABLE tool_calls (
      id TEXT PRIMARY KEY, run_id TEXT NOT NULL, session_key TEXT NOT NULL, step INTEGER NOT NULL, place INTEGER NOT NULL,
      call_id TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL, hash TEXT NOT NULL, effect TEXT, state TEXT NOT NULL,
      is_error INTEGER, started_at INTEGER, ended_at INTEGER, meta TEXT, boot_id TEXT,
      UNIQUE (run_id, step, place))`,
    "CREATE INDEX tool_calls_open ON tool_calls (run_id, state)",
    // `state`: pending, approved, denied, expired. Unique by call and hash: what was shown is what runs.
    `CREATE TABLE approvals (
      id TEXT PRIMARY KEY, tool_call_id TEXT NOT NULL, hash TEXT NOT NULL, run_id TEXT NOT NULL, session_key TEXT NOT NULL,
      request TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      decided_at INTEGER, decided_by TEXT, UNIQUE (tool_call_id, hash))`,
    "CREATE INDEX approvals_pending ON approvals (state, expires_at)",
  ],
};
