/** Tables of the governor: what budgets have spent and hold, the rows of calls, and sums by hour. */

import type { Migration } from "../../storage/migrations.ts";

export const governorMigration: Migration = {
  name: "0017-governor",
  statements: [
    // In nanodollars. `held` is never less than what was spent and is reserved, so after a crash it is the most that can have been spent.
    `CREATE TABLE gateway_spend (
      budget TEXT NOT NULL, part TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER,
      spent INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (budget, part, starts_at))`,
    // What a life of the object left unsettled; empty but for the calls that fly.
    "CREATE INDEX gateway_spend_open ON gateway_spend (budget) WHERE held > spent",
  ],
};

export const callLogMigration: Migration = {
  name: "0027-gateway-calls",
  statements: [
    // One row a call of anybody's; `attempts` holds its exchanges as JSON. Costs in nanodollars, null when the price is unknown.
    // `size` is the row's bytes with its bodies. Ids rise with time.
    `CREATE TABLE gateway_calls (
      id TEXT PRIMARY KEY, at INTEGER NOT NULL, tenant TEXT NOT NULL, token_id TEXT, session_key TEXT, channel TEXT, schedule TEXT, run_id TEXT,
      provider TEXT NOT NULL, model TEXT NOT NULL, key_alias TEXT, endpoint TEXT NOT NULL, stream INTEGER NOT NULL,
      status INTEGER NOT NULL, error TEXT, error_message TEXT, cache TEXT NOT NULL, step INTEGER NOT NULL, attempts TEXT NOT NULL,
      input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL, cost INTEGER, reserved INTEGER NOT NULL, custom_cost INTEGER NOT NULL, estimated INTEGER NOT NULL,
      first_byte_ms INTEGER, duration_ms INTEGER NOT NULL, metadata TEXT NOT NULL, event_id TEXT, user_agent TEXT,
      request_type TEXT, response_type TEXT, request_bytes INTEGER, response_bytes INTEGER,
      prefix_broke_at INTEGER, prefix_lost INTEGER, replay_of TEXT, feedback INTEGER, score REAL, size INTEGER NOT NULL)`,
    "CREATE INDEX gateway_calls_by_session ON gateway_calls (session_key, id)",
    "CREATE TABLE gateway_bodies (id TEXT PRIMARY KEY, request TEXT, response TEXT)",
    // Sums of an hour by kind (all, provider, model, session, channel, token, tenant, schedule). `waits` and `first` are counts per bucket as JSON.
    `CREATE TABLE gateway_hours (
      hour INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
      calls INTEGER NOT NULL, errors INTEGER NOT NULL, hits INTEGER NOT NULL, attempts INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      estimated INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, waits TEXT NOT NULL, first TEXT NOT NULL, PRIMARY KEY (kind, key, hour))`,
    "CREATE INDEX gateway_hours_by_time ON gateway_hours (kind, hour)",
  ],
};
