/** Tables of conversations: sessions, the append-only message log, the inbox and the outbox. */

import type { Migration } from "../storage/migrations.ts";

export const sessionsMigration: Migration = {
  name: "0001-sessions",
  statements: [
    `CREATE TABLE sessions (
      key TEXT PRIMARY KEY, session_id TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1,
      label TEXT, title TEXT, model TEXT, thinking TEXT,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      archived INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0,
      next_seq INTEGER NOT NULL DEFAULT 1, last_text TEXT, failed INTEGER NOT NULL DEFAULT 0,
      context_tokens INTEGER NOT NULL DEFAULT 0,
      input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, cost_usd REAL NOT NULL DEFAULT 0)`,
    "CREATE INDEX sessions_by_update ON sessions (archived, pinned, updated_at)",
    // A row's content never changes. `superseded` marks rows that an edit-and-resend rewound past; `revision` rows left by a reset.
    `CREATE TABLE messages (
      id TEXT PRIMARY KEY, session_key TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL,
      role TEXT NOT NULL, body TEXT NOT NULL, run_id TEXT, idempotency_key TEXT,
      created_at INTEGER NOT NULL, superseded INTEGER NOT NULL DEFAULT 0,
      UNIQUE (session_key, seq))`,
    "CREATE INDEX messages_by_run ON messages (run_id)",
    // What was acknowledged. `state`: waiting (not yet in the log), taken, dropped (aborted before it was taken).
    `CREATE TABLE inbox (
      id TEXT PRIMARY KEY, dedupe_key TEXT NOT NULL UNIQUE, session_key TEXT NOT NULL, run_id TEXT NOT NULL,
      channel TEXT NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL, queue_mode TEXT NOT NULL,
      state TEXT NOT NULL, received_at INTEGER NOT NULL, taken_at INTEGER)`,
    "CREATE INDEX inbox_waiting ON inbox (session_key, state, received_at)",
    // `state`: prepared, attempted, confirmed, unknown, dead. The web chat's outbox is the log itself, so its rows are born confirmed.
    `CREATE TABLE outbox (
      id TEXT PRIMARY KEY, dedupe_key TEXT NOT NULL UNIQUE, session_key TEXT NOT NULL, run_id TEXT NOT NULL,
      channel TEXT NOT NULL, message_id TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
      receipt TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)`,
    "CREATE INDEX outbox_open ON outbox (state, created_at)",
  ],
};
