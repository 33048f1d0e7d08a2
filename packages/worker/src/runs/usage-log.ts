/** What each model call cost: one row a call, cut and failed ones included. */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { Usage } from "@moltworker/protocol/messages";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";

export interface UsageRow {
  runId: string;
  sessionKey: string;
  step: number;
  provider: string;
  model: string;
  status: "ok" | "failed" | "aborted";
  errorCode?: ErrorCode;
  attempts: number;
  usage: Usage;
  startedAt: number;
  firstByteMs?: number;
  durationMs: number;
}

export interface UsageLog {
  record(row: UsageRow): void;
}

export function createUsageLog(db: Database, clock: Clock): UsageLog {
  return {
    record(row) {
      const { usage } = row;
      db.run(
        `INSERT INTO model_calls (id, run_id, session_key, step, provider, model, status, error_code, attempts, input_tokens, output_tokens,
           cache_read, cache_write, reasoning_tokens, cost_usd, estimated, started_at, first_byte_ms, duration_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        createId("mc", clock.now()), row.runId, row.sessionKey, row.step, row.provider, row.model, row.status, row.errorCode ?? null, row.attempts,
        usage.input, usage.output, usage.cacheRead, usage.cacheWrite, usage.reasoning, usage.cost?.total ?? null, Number(usage.estimated),
        row.startedAt, row.firstByteMs ?? null, row.durationMs,
      );
    },
  };
}
