/** What each model call cost: one row a call, cut and failed ones included. */

import type { CallRow } from "../ai-gateway/call-row.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";

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
        createId("mc", clock.now()), row.runId, row.sessionKey, row.step, row.attempt, row.provider, row.model, row.outcome,
        usage?.input ?? 0, usage?.output ?? 0, usage?.cacheRead ?? 0, usage?.cacheWrite ?? 0, usage?.reasoning ?? 0,
        usage?.cost?.total ?? null, Number(usage?.estimated ?? false), row.at, row.firstByteMs, row.durationMs,
      );
    },
  };
}
