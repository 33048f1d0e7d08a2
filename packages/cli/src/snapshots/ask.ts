/** The command's side of `/api/host/snapshots`: list, begin a piece of work, wait for its end. */

import { MoltError } from "@moltworker/protocol/errors";
import type { SnapshotJob, SnapshotRow, SnapshotsState } from "@moltworker/protocol/snapshots";
import { answerError, callHost, type HostAddress } from "../supervisor/host-api.ts";

const answerMs = 30_000;

export async function snapshotsState(address: HostAddress): Promise<SnapshotsState> {
  const answer = await callHost(address, "GET", "/api/host/snapshots", answerMs);
  if (answer.status !== 200) throw answerError(answer);
  return answer.body as unknown as SnapshotsState;
}

export async function askSnapshots<Answer>(address: HostAddress, what: string, body: object = {}): Promise<Answer> {
  const answer = await callHost(address, "POST", `/api/host/snapshots/${what}`, answerMs, body);
  if (answer.status !== 200) throw answerError(answer);
  return answer.body as unknown as Answer;
}

/** Begins it and waits. Throws the job's own words when it did not end well. */
export async function doSnapshots(
  address: HostAddress,
  what: string,
  body: object,
  onProgress: (job: SnapshotJob) => void = () => {},
): Promise<SnapshotJob> {
  const { jobId } = await askSnapshots<{ jobId: string }>(address, what, body);
  for (;;) {
    const answer = await callHost(address, "GET", `/api/host/snapshots/jobs/${jobId}`, answerMs);
    if (answer.status !== 200) throw answerError(answer);
    const { job } = answer.body as unknown as { job: SnapshotJob };
    onProgress(job);
    if (job.state === "done") return job;
    if (job.state === "failed" || job.state === "aborted") throw failureOf(job);
  }
}

/** The job keeps its failure as words that end with the code. */
function failureOf(job: SnapshotJob): MoltError {
  const outcome = job.outcome ?? "it did not end well";
  const code = /\((SNAPSHOT_[A-Z]+|STORAGE_CORRUPT|NOT_FOUND|MIGRATION_FAILED)\)$/.exec(outcome)?.[1];
  return new MoltError((code ?? "INTERNAL") as "SNAPSHOT_DAMAGED", { message: outcome.replace(/ \([A-Z_]+\)$/, "") });
}

/** The one that is named, by its id or the beginning of it; without a name the newest good one. Throws NOT_FOUND. */
export function chooseSnapshot(state: SnapshotsState, name: string | undefined): SnapshotRow {
  if (state.error)
    throw new MoltError(state.error.code as "SNAPSHOT_STORE", { message: state.error.message, hint: state.error.hint });
  const found =
    name === undefined
      ? (state.snapshots.find(({ state: verdict }) => verdict === "verified") ??
        state.snapshots.find(({ state: verdict }) => verdict === "made"))
      : state.snapshots.find(({ id }) => id === name || (name.length >= 8 && id.startsWith(name)));
  if (found) return found;
  throw new MoltError("NOT_FOUND", {
    message:
      name === undefined ? `there is no good snapshot in ${state.place}` : `there is no snapshot ${name} in ${state.place}`,
    hint: "List them with `moltworker snapshots list`, or name their folder with --from.",
  });
}
