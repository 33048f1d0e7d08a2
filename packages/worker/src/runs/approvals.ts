/** Approvals: the whole call as it will run, under the hash of that call. A decision for one hash never serves another. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Approval } from "@moltworker/protocol/rows";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { EventSink } from "./event-sink.ts";

export type Decision = "approved" | "denied" | "expired";

export interface Approvals {
  /**
   * The decision for this exact call, asking for one when there is none. Waits as long as the approval lives;
   * rejects with the signal's reason when the run is stopped first. A restart asks again and finds the same row.
   */
  decide(toolCallId: string, request: Approval["request"], lifetimeMs: number, signal: AbortSignal): Promise<Decision>;
  pending(): Approval[];
  hasPending(runId: string): boolean;
  /** Throws APPROVAL_NOT_FOUND when it is not waiting. */
  resolve(id: string, allow: boolean, decidedBy: string): void;
  /** Ends what is past its time; returns the earliest time the next one ends. */
  expire(): number | undefined;
  cancelRun(runId: string): void;
}

interface Row {
  id: string;
  request: string;
  state: "pending" | Decision;
  created_at: number;
  expires_at: number;
}

interface Dependencies {
  db: Database;
  clock: Clock;
  events: EventSink;
  /** Called when the earliest expiry may have changed. */
  onSchedule(): void;
}

export function createApprovals({ db, clock, events, onSchedule }: Dependencies): Approvals {
  const waiters = new Map<string, (decision: Decision) => void>();

  const settle = (row: Row, state: Decision, decidedBy: string): void => {
    const changed = db.all<{ id: string }>(
      "UPDATE approvals SET state = ?, decided_at = ?, decided_by = ? WHERE id = ? AND state = 'pending' RETURNING id",
      state,
      clock.now(),
      decidedBy,
      row.id,
    );
    if (changed.length === 0) return;
    const decision = state === "approved" ? "allow-once" : state === "denied" ? "deny" : "expired";
    const request = JSON.parse(row.request) as Approval["request"];
    events.publish("exec.approval.resolved", { id: row.id, decision, resolvedBy: decidedBy, ts: clock.now(), request });
    waiters.get(row.id)?.(state);
    waiters.delete(row.id);
  };

  const open = (toolCallId: string, request: Approval["request"], lifetimeMs: number): Row => {
    const found = db.one<Row>("SELECT * FROM approvals WHERE tool_call_id = ? AND hash = ?", toolCallId, request.hash);
    if (found) return found;
    const now = clock.now();
    const row: Row = {
      id: createId("apr", now),
      request: JSON.stringify(request),
      state: "pending",
      created_at: now,
      expires_at: now + lifetimeMs,
    };
    db.run(
      "INSERT INTO approvals (id, tool_call_id, hash, run_id, session_key, request, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?)",
      row.id,
      toolCallId,
      request.hash,
      request.runId,
      request.sessionKey,
      row.request,
      row.created_at,
      row.expires_at,
    );
    events.publish("exec.approval.requested", approvalFrom(row));
    onSchedule();
    return row;
  };

  return {
    decide(toolCallId, request, lifetimeMs, signal) {
      const row = open(toolCallId, request, lifetimeMs);
      if (row.state !== "pending") return Promise.resolve(row.state);
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const stop = () => {
          waiters.delete(row.id);
          reject(signal.reason);
        };
        signal.addEventListener("abort", stop, { once: true });
        waiters.set(row.id, (decision) => {
          signal.removeEventListener("abort", stop);
          resolve(decision);
        });
      });
    },
    pending: () => db.all<Row>("SELECT * FROM approvals WHERE state = 'pending' ORDER BY created_at").map(approvalFrom),
    hasPending: (runId) =>
      db.one("SELECT 1 AS one FROM approvals WHERE run_id = ? AND state = 'pending' LIMIT 1", runId) !== undefined,
    resolve(id, allow, decidedBy) {
      const row = db.one<Row>("SELECT * FROM approvals WHERE id = ? AND state = 'pending'", id);
      if (!row) throw new MoltError("APPROVAL_NOT_FOUND");
      settle(row, allow ? "approved" : "denied", decidedBy);
    },
    expire() {
      for (const row of db.all<Row>("SELECT * FROM approvals WHERE state = 'pending' AND expires_at <= ?", clock.now()))
        settle(row, "expired", "time");
      return (
        db.one<{ next: number | null }>("SELECT min(expires_at) AS next FROM approvals WHERE state = 'pending'")?.next ??
        undefined
      );
    },
    cancelRun(runId) {
      for (const row of db.all<Row>("SELECT * FROM approvals WHERE run_id = ? AND state = 'pending'", runId))
        settle(row, "expired", "stop");
    },
  };
}

function approvalFrom(row: Row): Approval {
  return {
    approvalKind: "tool",
    id: row.id,
    request: JSON.parse(row.request) as Approval["request"],
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
  };
}
