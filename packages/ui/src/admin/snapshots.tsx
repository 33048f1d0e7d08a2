/** Storage and snapshots: what exists and whether it was proved, the way back, and where snapshots go. */

import type { SnapshotJob, SnapshotsState } from "@moltworker/protocol/snapshots";
import { useState } from "react";
import { Nothing, Part } from "../components/access-part.tsx";
import { Button } from "../components/button.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { SnapshotItem } from "../components/snapshot-item.tsx";
import { SnapshotPlace } from "../components/snapshot-place.tsx";
import { SnapshotProgress } from "../components/snapshot-progress.tsx";
import { useLoaded } from "../components/use-loaded.ts";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError, sentence } from "../store/notices.ts";

const load = () => request("snapshots.list", {}, { resend: true, timeoutMs: 60_000 });

export function SnapshotsPage() {
  const job = useApp((state) => state.snapshotJob);
  const [changes, setChanges] = useState(0);
  const [state] = useLoaded(load, `${changes} ${job?.id} ${job?.state}`);
  const reload = () => setChanges((count) => count + 1);
  if (!state) return <p className="text-sm text-soft">Looking…</p>;
  // The list may be older than the word that this piece of work has ended.
  const running = job && isOpen(job) ? job : state.jobs.find((one) => isOpen(one) && one.id !== job?.id);
  return (
    <div className="flex flex-col gap-9">
      <Part
        title="Snapshots"
        about="Each is one moment of everything: conversations, files, settings. It counts once it was restored into a scratch object and every checksum agreed."
      >
        <StoreError state={state} />
        <Shrink state={state} onDone={reload} />
        <Undo state={state} busy={running !== undefined} />
        {running ? (
          <SnapshotProgress job={running} />
        ) : (
          <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
            <Button look="primary" onClick={() => request("snapshots.create", {}).then(reload, notifyError)}>
              Make one now
            </Button>
            <LastWord state={state} />
          </div>
        )}
        {state.snapshots.length === 0 && !state.error && <Nothing>No snapshot yet.</Nothing>}
        {state.snapshots.length > 0 && (
          <ul aria-label="Snapshots" className="flex flex-col gap-2">
            {state.snapshots.map((row) => (
              <SnapshotItem key={row.id} row={row} busy={running !== undefined} />
            ))}
          </ul>
        )}
      </Part>
      <SnapshotPlace state={state} onDone={reload} />
    </div>
  );
}

const isOpen = (job: SnapshotJob) => job.state === "running" || job.state === "waiting";

function StoreError({ state: { error } }: { state: SnapshotsState }) {
  if (!error) return null;
  return (
    <p role="alert" className="mb-4 rounded-xl bg-rose-wash px-4 py-3 text-sm">
      <span className="font-medium text-rose">{sentence(error.message)}.</span> {error.hint}
    </p>
  );
}

/** What came of the last piece of work, and when the next is due. */
function LastWord({ state }: { state: SnapshotsState }) {
  const last = state.jobs.find(({ endedAt }) => endedAt !== null);
  return (
    <p role="status" className="min-w-0 flex-1 basis-60 text-sm text-soft [overflow-wrap:anywhere]">
      {last?.outcome && <span className={last.state === "failed" ? "text-rose" : undefined}>{last.outcome} </span>}
      {state.nextAt ? `The next is due ${dateTimeText(state.nextAt)}, if something changes.` : "None is made by itself."}
    </p>
  );
}

function Shrink({ state: { shrink }, onDone }: { state: SnapshotsState; onDone(): void }) {
  const [dropping, setDropping] = useState(false);
  if (!shrink) return null;
  const answer = (accept: boolean) => request("snapshots.settle", { id: shrink.id, accept }).then(onDone, notifyError);
  return (
    <div role="alert" className="mb-4 rounded-xl bg-honey-wash px-4 py-3 text-sm">
      <p>
        <span className="font-medium text-honey">The newest snapshot is much smaller than the one before</span>:{" "}
        {shrink.now.rows.toLocaleString()} rows instead of {shrink.before.rows.toLocaleString()}. Nothing older is dropped until
        you say that this is right.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onClick={() => void answer(true)}>It is right</Button>
        <Button look="danger" onClick={() => setDropping(true)}>
          Drop the small one
        </Button>
      </div>
      <ConfirmDialog
        open={dropping}
        title="Drop the small snapshot?"
        text="The older ones stay. The assistant itself is not changed."
        action="Drop it"
        onConfirm={() => void answer(false)}
        onClose={() => setDropping(false)}
      />
    </div>
  );
}

function Undo({ state: { undo }, busy }: { state: SnapshotsState; busy: boolean }) {
  if (!undo) return null;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-sunk px-4 py-3 text-sm">
      <p className="min-w-0 flex-1 basis-56">
        Restored on {dateTimeText(undo.restoredAt)}. What was there before is a snapshot of its own.
      </p>
      <Button disabled={busy} onClick={() => request("snapshots.undo", {}).catch(notifyError)}>
        Undo the restore
      </Button>
    </div>
  );
}
