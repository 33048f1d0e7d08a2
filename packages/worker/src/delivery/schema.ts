/** Tables of channels: the message log, what is to be sent, people, requests to be let in, buttons, accounts. */

import type { Migration } from "../storage/migrations.ts";

export const channelsMigration: Migration = {
  name: "0030-channels",
  statements: [
    // What came in. `event` holds the parsed message until its work is done. `fate` as in the protocol; `answered_run` is set once
    // the answer's sends are rows. `album` collects messages that belong together until `due_at`.
    `CREATE TABLE channel_messages (
      id TEXT PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, update_id TEXT NOT NULL, kind TEXT NOT NULL,
      chat_id TEXT NOT NULL, chat_kind TEXT NOT NULL, thread_id TEXT, message_id TEXT,
      sender_id TEXT NOT NULL, sender_name TEXT NOT NULL, role TEXT, preview TEXT NOT NULL, event TEXT,
      fate TEXT NOT NULL, reason TEXT, session_key TEXT, run_id TEXT, answered_run TEXT, album TEXT, tries INTEGER NOT NULL DEFAULT 0,
      received_at INTEGER NOT NULL, due_at INTEGER, settled_at INTEGER,
      UNIQUE (channel, account, update_id))`,
    "CREATE INDEX channel_messages_open ON channel_messages (due_at) WHERE fate = 'received'",
    "CREATE INDEX channel_messages_queued ON channel_messages (run_id) WHERE fate = 'queued'",
    "CREATE INDEX channel_messages_place ON channel_messages (channel, account, chat_id, message_id)",
    // The outbox's rows of channels. `lane` keeps the order of one chat. An `answer` is claimed by a placeholder, whose id becomes
    // the receipt, and then edited: both may be repeated. `body` is null while the answer is still being made.
    "ALTER TABLE outbox ADD COLUMN account TEXT",
    "ALTER TABLE outbox ADD COLUMN place TEXT",
    "ALTER TABLE outbox ADD COLUMN lane TEXT",
    "ALTER TABLE outbox ADD COLUMN kind TEXT",
    "ALTER TABLE outbox ADD COLUMN body TEXT",
    "ALTER TABLE outbox ADD COLUMN reply_to TEXT",
    "ALTER TABLE outbox ADD COLUMN due_at INTEGER",
    "ALTER TABLE outbox ADD COLUMN error TEXT",
    "ALTER TABLE outbox ADD COLUMN place_in_lane INTEGER",
    "CREATE INDEX outbox_lane ON outbox (lane, place_in_lane) WHERE lane IS NOT NULL AND state IN ('prepared', 'attempted')",
    "CREATE INDEX outbox_run ON outbox (run_id) WHERE lane IS NOT NULL",
    "CREATE INDEX outbox_settled ON outbox (state, created_at) WHERE lane IS NOT NULL",
    // The grant of a person: role by the provider's immutable id. `direct_chat` is where they can be written to.
    `CREATE TABLE channel_senders (
      channel TEXT NOT NULL, account TEXT NOT NULL, sender_id TEXT NOT NULL, name TEXT NOT NULL, username TEXT,
      role TEXT, source TEXT, decided_by TEXT, direct_chat TEXT, first_seen_at INTEGER, last_seen_at INTEGER,
      PRIMARY KEY (channel, account, sender_id))`,
    `CREATE TABLE channel_pairings (
      id TEXT PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, sender_id TEXT NOT NULL, name TEXT NOT NULL, username TEXT,
      chat_id TEXT NOT NULL, code TEXT NOT NULL, wrong_codes INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, decision TEXT)`,
    // A button works once, in its own chat, under its own message, for who may do what it does. Buttons of a set end together.
    `CREATE TABLE channel_buttons (
      token TEXT PRIMARY KEY, set_id TEXT NOT NULL, channel TEXT NOT NULL, account TEXT NOT NULL, chat_id TEXT NOT NULL,
      outbox_id TEXT NOT NULL, action TEXT NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER)`,
    "CREATE INDEX channel_buttons_set ON channel_buttons (set_id)",
    // What an account knows over restarts: where its polling stands, who it is, how it gets updates.
    `CREATE TABLE channel_accounts (
      channel TEXT NOT NULL, account TEXT NOT NULL, identity TEXT, identity_of INTEGER, poll_cursor TEXT, mode TEXT, webhook_url TEXT,
      webhook_failed_at INTEGER, last_inbound_at INTEGER, last_outbound_at INTEGER, PRIMARY KEY (channel, account))`,
    // Text of others (group members, guests, forwarded messages) is marked on its way into the log.
    "ALTER TABLE inbox ADD COLUMN outside_from TEXT",
  ],
};

/** Lookups that every event of a run makes. */
export const channelIndexesMigration: Migration = {
  name: "0031-channel-indexes",
  statements: [
    "CREATE INDEX runs_merged ON runs (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX outbox_due ON outbox (lane, place_in_lane) WHERE lane IS NOT NULL AND state = 'prepared'",
  ],
};
