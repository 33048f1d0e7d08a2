/** Pieces of work on snapshots as rows: one runs at a time, a killed one is taken up again, a few ended ones are remembered. */

import type { RestoreItem, SnapshotJob, SnapshotJobKind, SnapshotReason } from "@moltworker/protocol/snapshots";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";

export interface JobDetail {
  reason?: SnapshotReason;
  items?: RestoreItem[];
  /** Grants, keys and records come too: only into an assistant that has none of its own. */
  everything?: boolean;
  /** The second try after the store was found to hold damaged objects. */
  repair?: boolean;
}

export interface StoredJob {
  id: string;
  kind: SnapshotJobKind;
  snapshotId: string | null;
  detail: JobDetail;
  tries: number;
}

export interface Jobs {
  add(kind: SnapshotJobKind, detail: JobDetail, snapshotId?: string): string;
  /** The oldest that waits becomes the one that runs. */
  take(): StoredJob | undefined;
  end(id: string, state: "done" | "failed" | "aborted", outcome: string, snapshotId?: string): void;
  /** Its rows are in place, and this life knows others: the next one's `recover` says that it is done. */
  restored(id: string, outcome: string): void;
  /** What was put in place is done. What a killed life was at waits again, or has failed for good. */
  recover(): void;
  list(): SnapshotJob[];
  has(kind: SnapshotJobKind): boolean;
}

interface Row {
  id: string;
  kind: SnapshotJobKind;
  snapshot_id: string | null;
  state: SnapshotJob["state"] | "restored";
  detail: string;
  created_at: number;
  ended_at: number | null;
  tries: number;
  error: string | null;
}

const mostTries = 3;
const remembered = 20;

export function createJobs(db: Database, clock: Clock): Jobs {
  return {
    add(kind, detail, snapshotId) {
      const id = createId("job", clock.now());
      db.run(
        "INSERT INTO snapshot_jobs (id, kind, snapshot_id, state, detail, created_at) VALUES (?, ?, ?, 'waiting', ?, ?)",
        id,
        kind,
        snapshotId ?? null,
        JSON.stringify(detail),
        clock.now(),
      );
      return id;
    },
    take() {
      const row = db.one<Row>("SELECT * FROM snapshot_jobs WHERE state = 'waiting' ORDER BY created_at, rowid LIMIT 1");
      if (!row) return undefined;
      db.run("UPDATE snapshot_jobs SET state = 'running', started_at = ?, tries = tries + 1 WHERE id = ?", clock.now(), row.id);
      return { id: row.id, kind: row.kind, snapshotId: row.snapshot_id, detail: JSON.parse(row.detail), tries: row.tries + 1 };
    },
    end(id, state, outcome, snapshotId) {
      db.run(
        "UPDATE snapshot_jobs SET state = ?, error = ?, ended_at = ?, snapshot_id = coalesce(?, snapshot_id) WHERE id = ?",
        state,
        outcome.slice(0, 1_000),
        clock.now(),
        snapshotId ?? null,
        id,
      );
      db.run(
        `DELETE FROM snapshot_jobs WHERE ended_at IS NOT NULL AND id NOT IN
         (SELECT id FROM snapshot_jobs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, rowid DESC LIMIT ${remembered})`,
      );
    },
    restored(id, outcome) {
      db.run("UPDATE snapshot_jobs SET state = 'restored', error = ? WHERE id = ?", outcome.slice(0, 1_000), id);
    },
    recover() {
      db.run("UPDATE snapshot_jobs SET state = 'done', ended_at = ? WHERE state = 'restored'", clock.now());
      db.run(
        "UPDATE snapshot_jobs SET state = 'failed', ended_at = ?, error = 'it was cut off several times' WHERE state = 'running' AND tries >= ?",
        clock.now(),
        mostTries,
      );
      db.run("UPDATE snapshot_jobs SET state = 'waiting' WHERE state = 'running'");
    },
    list: () =>
      db
        .all<Row>(
          "SELECT * FROM snapshot_jobs ORDER BY ended_at IS NULL DESC, coalesce(ended_at, created_at) DESC, rowid DESC LIMIT 20",
        )
        .map(jobFromRow),
    has: (kind) =>
      db.one("SELECT 1 AS found FROM snapshot_jobs WHERE kind = ? AND state IN ('waiting', 'running')", kind) !== undefined,
  };
}

function jobFromRow(row: Row): SnapshotJob {
  return {
    id: row.id,
    kind: row.kind,
    snapshotId: row.snapshot_id,
    state: row.state === "restored" ? "running" : row.state,
    phase: null,
    doneRows: 0,
    totalRows: 0,
    writtenBytes: 0,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    outcome: row.state === "restored" ? null : row.error,
  };
}
