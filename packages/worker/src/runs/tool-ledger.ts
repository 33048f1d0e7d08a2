/** The tool ledger: every call has a row before it runs and a verdict after; a restart reads here what may run again. */

import type { ToolEffect } from "../agent/tool.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";

export interface LedgerCall {
  id: string;
  run_id: string;
  session_key: string;
  step: number;
  place: number;
  /** The model's id of the call. */
  call_id: string;
  name: string;
  /** JSON. */
  args: string;
  hash: string;
  effect: ToolEffect | null;
  state: "proposed" | "started" | "done" | "unknown" | "cancelled";
  /** The process that started it. */
  boot_id: string | null;
}

export interface ToolLedger {
  propose(call: {
    runId: string;
    sessionKey: string;
    step: number;
    place: number;
    callId: string;
    name: string;
    args: string;
    hash: string;
  }): void;
  /** Calls without a verdict, in the order the model made them. */
  unfinished(runId: string): LedgerCall[];
  start(id: string, effect: ToolEffect): void;
  finish(id: string, verdict: { state: "done" | "unknown" | "cancelled"; isError: boolean; meta?: string }): void;
}

export function createToolLedger(db: Database, clock: Clock, bootId: string): ToolLedger {
  return {
    propose(call) {
      db.run(
        `INSERT INTO tool_calls (id, run_id, session_key, step, place, call_id, name, args, hash, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'proposed')`,
        createId("call", clock.now()),
        call.runId,
        call.sessionKey,
        call.step,
        call.place,
        call.callId,
        call.name,
        call.args,
        call.hash,
      );
    },
    unfinished: (runId) =>
      db.all<LedgerCall>(
        "SELECT * FROM tool_calls WHERE run_id = ? AND state IN ('proposed', 'started') ORDER BY step, place",
        runId,
      ),
    start: (id, effect) =>
      void db.run(
        "UPDATE tool_calls SET state = 'started', effect = ?, started_at = ?, boot_id = ? WHERE id = ?",
        effect,
        clock.now(),
        bootId,
        id,
      ),
    finish: (id, verdict) =>
      void db.run(
        "UPDATE tool_calls SET state = ?, is_error = ?, ended_at = ?, meta = ? WHERE id = ?",
        verdict.state,
        Number(verdict.isError),
        clock.now(),
        verdict.meta ?? null,
        id,
      ),
  };
}
