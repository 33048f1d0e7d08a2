/** A piece of work on snapshots while it goes on: what it does, how far it is, and the way to stop it. */

import type { SnapshotJob } from "@moltworker/protocol/snapshots";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { Button } from "./button.tsx";

const phases: Record<NonNullable<SnapshotJob["phase"]>, string> = {
  reading: "Reading and writing what changed",
  proving: "Restoring it into a scratch object",
  staging: "Bringing it back",
  tidying: "Dropping what is too old",
};

export function SnapshotProgress({ job }: { job: SnapshotJob }) {
  const share = job.totalRows > 0 ? Math.min(1, job.doneRows / job.totalRows) : 0;
  const what = job.phase ? phases[job.phase] : "Waiting its turn";
  return (
    <div className="mb-4 rounded-xl border border-line bg-raised px-4 py-3 text-sm" aria-busy="true">
      <div className="flex flex-wrap items-center gap-3">
        <p role="status" className="min-w-0 flex-1 basis-48">
          {what}…{" "}
          {job.totalRows > 0 && (
            <span className="text-soft tabular-nums">
              {job.doneRows.toLocaleString()} of {job.totalRows.toLocaleString()} rows
            </span>
          )}
        </p>
        <Button look="quiet" onClick={() => request("snapshots.abort", {}).catch(notifyError)}>
          Stop
        </Button>
      </div>
      <progress aria-label={what} className="mt-2 h-1.5 w-full accent-[var(--color-coral)]" max={1} value={share} />
    </div>
  );
}
