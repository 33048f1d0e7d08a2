/** Run rows and their steps. A run's state is only ever changed here. */

import type { WireError } from "@moltworker/protocol/errors";
import type { RunState, ThinkingLevel } from "@moltworker/protocol/rows";
import type { Principal } from "../auth/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";

/** What holds for one run alone, whatever its session says. */
export interface RunOptions {
  /** `provider/model`. */
  model?: string;
  /** Stands behind the system prompt. */
  instructions?: string;
  /** For each model step. */
  maxOutputTokens?: number;
}

export interface StoredRun {
  id: string;
  session_key: string;
  channel: string;
  /** Principal as JSON: the authority with which the message was accepted, and on which the run acts. */
  principal: string;
  state: RunState;
  thinking: ThinkingLevel | null;
  /** Milliseconds the run may take in all; null means no limit but the steps'. */
  deadline_ms: number | null;
  /** The run that took this one's message along; this one then ended with no answer of its own. */
  merged_into: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  stop_reason: string | null;
  /** WireError as JSON. */
  error: string | null;
  answer_message_id: string | null;
  /** Process ends since the last committed step. */
  interruptions: number;
  /** Times this run was begun or resumed; keeps event numbers rising over restarts. */
  lives: number;
  /** RunOptions as JSON. */
  options: string | null;
}

export interface NewRun {
  id: string;
  sessionKey: string;
  channel: string;
  principal: Principal;
  thinking: ThinkingLevel | null;
  deadlineMs: number | null;
  options?: RunOptions | undefined;
}

export const optionsOf = (run: Pick<StoredRun, "options">): RunOptions =>
  run.options === null ? {} : (JSON.parse(run.options) as RunOptions);

export interface RunStore {
  get(id: string): StoredRun | undefined;
  insert(run: NewRun): void;
  /** A run row whose message travels with another run. */
  insertMerged(run: NewRun, mergedInto: string): void;
  /** queued, running and waiting runs, oldest first. */
  open(sessionKey?: string): StoredRun[];
  /** The same runs one by one, in the order in which they may begin: a long queue is read only as far as it is needed. */
  startable(): Iterable<Pick<StoredRun, "id" | "session_key">>;
  /** Marks the run as begun in this process and returns it. */
  begin(id: string): StoredRun;
  setState(id: string, state: "running" | "waiting"): void;
  finish(
    id: string,
    end: { state: "done" | "failed" | "aborted"; stopReason: string; error?: WireError; answerMessageId?: string },
  ): void;
  countInterruption(id: string): number;
  /** Position of the new step. */
  beginStep(runId: string, kind: "model" | "compaction"): number;
  endStep(runId: string, position: number, state: "done" | "failed"): void;
  stepCount(runId: string): number;
}

/** Rows of the queue that are read at once. */
const pageRows = 100;

export function createRunStore(db: Database, clock: Clock): RunStore {
  const insert = (run: NewRun, state: RunState, mergedInto: string | null) =>
    db.run(
      "INSERT INTO runs (id, session_key, channel, principal, state, thinking, deadline_ms, merged_into, created_at, ended_at, stop_reason, options) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      run.id,
      run.sessionKey,
      run.channel,
      JSON.stringify(run.principal),
      state,
      run.thinking,
      run.deadlineMs,
      mergedInto,
      clock.now(),
      mergedInto ? clock.now() : null,
      mergedInto ? "merged" : null,
      run.options ? JSON.stringify(run.options) : null,
    );
  const get = (id: string) => db.one<StoredRun>("SELECT * FROM runs WHERE id = ?", id);

  return {
    get,
    insert: (run) => void insert(run, "queued", null),
    insertMerged: (run, mergedInto) => void insert(run, "done", mergedInto),
    open: (sessionKey) =>
      sessionKey === undefined
        ? db.all<StoredRun>("SELECT * FROM runs WHERE state IN ('queued', 'running', 'waiting') ORDER BY created_at, rowid")
        : db.all<StoredRun>(
            "SELECT * FROM runs WHERE session_key = ? AND state IN ('queued', 'running', 'waiting') ORDER BY created_at, rowid",
            sessionKey,
          ),
    *startable() {
      for (const state of ["running", "waiting", "queued"])
        for (let read = 0, page = pageRows; page === pageRows; read += page) {
          const rows = db.all<Pick<StoredRun, "id" | "session_key">>(
            "SELECT id, session_key FROM runs WHERE state = ? ORDER BY created_at, rowid LIMIT ? OFFSET ?",
            state,
            pageRows,
            read,
          );
          yield* rows;
          page = rows.length;
        }
    },
    begin(id) {
      db.run(
        "UPDATE runs SET state = 'running', lives = lives + 1, started_at = coalesce(started_at, ?) WHERE id = ?",
        clock.now(),
        id,
      );
      const run = get(id);
      if (!run) throw new Error(`run ${id} is gone`);
      return run;
    },
    setState: (id, state) => void db.run("UPDATE runs SET state = ? WHERE id = ? AND state IN ('running', 'waiting')", state, id),
    finish(id, end) {
      db.run(
        "UPDATE runs SET state = ?, stop_reason = ?, error = ?, answer_message_id = ?, ended_at = ? WHERE id = ?",
        end.state,
        end.stopReason,
        end.error ? JSON.stringify(end.error) : null,
        end.answerMessageId ?? null,
        clock.now(),
        id,
      );
      db.run("UPDATE run_steps SET state = 'interrupted', ended_at = ? WHERE run_id = ? AND state = 'started'", clock.now(), id);
    },
    countInterruption: (id) =>
      db.one<{ interruptions: number }>(
        "UPDATE runs SET interruptions = interruptions + 1 WHERE id = ? RETURNING interruptions",
        id,
      )?.interruptions ?? 0,
    beginStep(runId, kind) {
      db.run(
        "UPDATE run_steps SET state = 'interrupted', ended_at = ? WHERE run_id = ? AND state = 'started'",
        clock.now(),
        runId,
      );
      const position =
        (db.one<{ last: number | null }>("SELECT max(position) AS last FROM run_steps WHERE run_id = ?", runId)?.last ?? -1) + 1;
      db.run(
        "INSERT INTO run_steps (run_id, position, kind, state, started_at) VALUES (?, ?, ?, 'started', ?)",
        runId,
        position,
        kind,
        clock.now(),
      );
      return position;
    },
    endStep(runId, position, state) {
      db.run(
        "UPDATE run_steps SET state = ?, ended_at = ? WHERE run_id = ? AND position = ?",
        state,
        clock.now(),
        runId,
        position,
      );
      if (state === "done") db.run("UPDATE runs SET interruptions = 0 WHERE id = ?", runId);
    },
    stepCount: (runId) =>
      db.one<{ count: number }>("SELECT count(*) AS count FROM run_steps WHERE run_id = ? AND state = 'done'", runId)?.count ?? 0,
  };
}
