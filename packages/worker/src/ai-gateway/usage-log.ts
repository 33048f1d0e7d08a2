/** What each model call cost: one row a try, cut and failed ones included. */

import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import type { CallRow } from "./call-row.ts";

export const usageMigration: Migration = {
  name: "0011-model-calls",
  statements: [
    // `outcome`: ok, or the code of the error. One row a try.
    `CREATE TABLE model_calls (
      id TEXT PRIMARY KEY, run_id TEXT NOT NULL, session_key TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
      provider TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,
      input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL, cost_usd REAL, estimated INTEGER NOT NULL,
      started_at INTEGER NOT NULL, first_byte_ms INTEGER, duration_ms INTEGER NOT NULL)`,
    "CREATE INDEX model_calls_by_time ON model_calls (started_at)",
  ],
};

export interface UsageLog {
  record(row: CallRow): void;
}

export function createUsageLog(db: Database, clock: Clock): UsageLog {
  return {
    record(row) {
      const { usage } = row;
      db.run(
        `INSERT INTO model_calls (id, run_id, session_key, step, attempt, provider, model, outcome, input_tokens, output_tokens,
           cache_read, cache_write, reasoning_tokens, cost_usd, estimated, started_at, first_byte_ms, duration_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        createId("mc", clock.now()),
        row.runId,
        row.sessionKey,
        row.step,
        row.attempt,
        row.provider,
        row.model,
        row.outcome,
        usage?.input ?? 0,
        usage?.output ?? 0,
        usage?.cacheRead ?? 0,
        usage?.cacheWrite ?? 0,
        usage?.reasoning ?? 0,
        usage?.cost?.total ?? null,
        Number(usage?.estimated ?? false),
        row.at,
        row.firstByteMs,
        row.durationMs,
      );
    },
  };
}

/** Drops what is as old as the log of calls lets go, and the oldest above its number of rows. */
export function pruneUsage(db: Database, before: number, maxRows: number): void {
  db.run("DELETE FROM model_calls WHERE started_at < ?", before);
  db.run(
    "DELETE FROM model_calls WHERE started_at < (SELECT started_at FROM model_calls ORDER BY started_at DESC LIMIT 1 OFFSET ?)",
    maxRows - 1,
  );
}
