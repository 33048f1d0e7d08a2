/**
 * Snapshots of one assistant: one piece of work at a time, in rows that outlive it. The store says what exists; a snapshot
 * counts once it has been restored into a scratch object and every checksum agreed.
 */

import { errorToWire, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type {
  RestoreItem,
  ShrinkQuestion,
  SnapshotContents,
  SnapshotDifference,
  SnapshotJob,
  SnapshotReason,
  SnapshotRow,
  SnapshotsState,
} from "@moltworker/protocol/snapshots";
import type { Log } from "../platform/log.ts";
import { archiveOf } from "./archive.ts";
import { describeContents, difference, sideOfNow, sideOfSnapshot } from "./browse.ts";
import { closeCut } from "./cut.ts";
import { createJobs, type StoredJob } from "./jobs.ts";
import { createMaker, type Outcome, pinnedIds, tidy } from "./make.ts";
import { deleteManifest, type Listed, listSnapshots, readManifest } from "./manifest.ts";
import { type RestoreDeps, restoreSnapshot } from "./restore.ts";
import { dropStaged } from "./staged.ts";
import { type SnapshotStore, withRetries } from "./store.ts";

export interface SnapshotsDeps extends Omit<RestoreDeps, "source"> {
  log: Log;
  announce(job: SnapshotJob | null): void;
  /** While work goes on the object must not be put away. */
  onActivity(active: boolean): void;
  /** What a part holds elsewhere is brought into the rows: a snapshot is about to be made. Never rejects. */
  gather?(): Promise<void>;
  /** When the next one is due by the schedule. */
  nextAt(): number | undefined;
}

export interface Snapshots {
  state(): Promise<SnapshotsState>;
  /** Each answers with the job's id; `settled` says how it ended. */
  create(reason: SnapshotReason): string;
  verify(id: string): string;
  restore(id: string, items?: RestoreItem[], everything?: boolean): string;
  /** Throws NOT_FOUND when there is nothing to undo. */
  undo(): string;
  abort(): boolean;
  /** The job's end. A restore's is known to the next life alone: here it never settles. */
  settled(jobId: string): Promise<SnapshotJob>;
  job(jobId: string): SnapshotJob | undefined;
  isBusy(): boolean;
  /** A tar stream. Throws NOT_FOUND, SNAPSHOT_DAMAGED. */
  download(id: string): Promise<ReadableStream<Uint8Array>>;
  contents(id: string): Promise<SnapshotContents>;
  diff(from: string, to?: string): Promise<SnapshotDifference>;
  settle(id: string, accept: boolean): Promise<void>;
  /** Clears what a killed life left, and goes on with its work. */
  recover(): void;
  /** For the doctor and moltworker's own routes. */
  lastGood(): Promise<SnapshotRow | undefined>;
}

export function createSnapshots(deps: SnapshotsDeps): Snapshots {
  const { db, clock, log, destination, marks } = deps;
  const make = { ...deps, source: { db, blobs: deps.blobs } };
  const jobs = createJobs(db, clock);
  const maker = createMaker(make);
  const waiting = new Map<string, ((job: SnapshotJob) => void)[]>();
  let running: { job: SnapshotJob; abort: AbortController } | undefined;
  let announcedAt = 0;
  const store = () => withRetries(destination.store(), clock);

  function report(progress: Partial<SnapshotJob>): void {
    if (!running) return;
    const { phase } = running.job;
    Object.assign(running.job, progress);
    if (phase === running.job.phase && clock.now() - announcedAt < 250) return;
    announcedAt = clock.now();
    deps.announce({ ...running.job });
  }

  function pump(): void {
    if (running) return;
    const job = jobs.take();
    if (!job) return;
    const shown = { ...(jobs.list().find(({ id }) => id === job.id) as SnapshotJob) };
    running = { job: shown, abort: new AbortController() };
    deps.onActivity(true);
    // A disk that takes not even the books' row leaves the job as it is in them; the next life takes it up.
    work(job, running.abort.signal)
      .catch((error: unknown) => log.error("snapshot.not_recorded", { job: job.kind, error }))
      .finally(() => {
        if (running?.job.id === job.id) running = undefined;
      });
  }

  async function work(job: StoredJob, signal: AbortSignal): Promise<void> {
    try {
      // A restore makes one of the present first.
      if (job.kind !== "verify") await deps.gather?.();
      if (job.kind === "restore") {
        const target = { snapshotId: job.snapshotId ?? "", detail: job.detail };
        await restoreSnapshot(make, maker, target, ({ text }) => jobs.restored(job.id, text), report, signal);
        // This life is over; the next one says that it is done.
        return;
      }
      const outcome = await (job.kind === "create"
        ? maker.create(job.detail, report, signal)
        : maker.verify(job.snapshotId ?? "", report, signal));
      finish(job.id, outcome.repair ? "failed" : "done", outcome);
      if (outcome.repair) jobs.add("create", { ...job.detail, repair: true });
      if (job.kind === "create" && !outcome.repair) marks.delete("failing");
    } catch (error) {
      failed(job, error, signal);
    }
    const ended = running?.job.id;
    running = undefined;
    deps.onActivity(false);
    const shown = jobs.list().find(({ id }) => id === ended);
    deps.announce(shown ?? null);
    if (shown) for (const tell of waiting.get(shown.id) ?? []) tell(shown);
    waiting.delete(ended ?? "");
    pump();
  }

  const finish = (id: string, state: "done" | "failed", { text, snapshotId }: Outcome) =>
    jobs.end(id, state, text, snapshotId || undefined);

  function failed(job: StoredJob, thrown: unknown, signal: AbortSignal): void {
    const error = moltErrorFrom(thrown);
    const aborted = signal.aborted;
    jobs.end(job.id, aborted ? "aborted" : "failed", aborted ? "It was stopped." : `${error.message} (${error.code})`);
    if (aborted) return;
    log.error("snapshot.failed", { job: job.kind, code: error.code, message: error.message, cause: error.cause });
    if (job.kind === "create") marks.set("failing", { code: error.code, message: error.message, at: clock.now() });
  }

  function add(...args: Parameters<typeof jobs.add>): string {
    const id = jobs.add(...args);
    pump();
    return id;
  }

  const shownJob = (jobId: string): SnapshotJob | undefined =>
    jobId === running?.job.id ? { ...running.job } : jobs.list().find(({ id }) => id === jobId);

  async function read(id: string) {
    const from = store();
    const manifest = await readManifest(from, id, destination.sealFor);
    return { manifest, from: { store: from, seal: await destination.sealFor(manifest) } };
  }

  return {
    async state() {
      const listed = await listOrError(store);
      return {
        place: placeOf(() => destination.store()),
        encrypted: destination.isEncrypted(),
        snapshots: rowsOf(listed.snapshots, pinnedIds(marks, listed.snapshots)),
        jobs: jobs.list().map(({ id }) => shownJob(id) as SnapshotJob),
        undo: marks.get("undo") ?? null,
        shrink: marks.get("shrink") ?? null,
        nextAt: deps.nextAt() ?? null,
        error: listed.error,
      };
    },
    create: (reason) => add("create", { reason }),
    verify: (id) => add("verify", {}, id),
    restore: (id, items, everything) =>
      add("restore", { ...(items ? { items } : {}), ...(everything ? { everything } : {}) }, id),
    undo() {
      const undo = marks.get<{ id: string }>("undo");
      if (!undo) throw new MoltError("NOT_FOUND", { message: "no restore is there to undo" });
      return add("restore", {}, undo.id);
    },
    abort() {
      running?.abort.abort(new MoltError("ABORTED"));
      return running !== undefined;
    },
    settled: (jobId) =>
      new Promise((resolve, reject) => {
        const job = jobs.list().find(({ id }) => id === jobId);
        if (!job) reject(new MoltError("NOT_FOUND", { message: `there is no such piece of work: ${jobId.slice(0, 60)}` }));
        else if (job.endedAt !== null) resolve(job);
        else waiting.set(jobId, [...(waiting.get(jobId) ?? []), resolve]);
      }),
    job: shownJob,
    isBusy: () => running !== undefined,
    async download(id) {
      const { manifest, from } = await read(id);
      return archiveOf(manifest, from.store);
    },
    async contents(id) {
      const { manifest, from } = await read(id);
      return describeContents(manifest, from);
    },
    async diff(from, to) {
      const left = await read(from);
      const before = sideOfSnapshot(left.manifest, left.from);
      if (to === undefined) return difference(before, await sideOfNow(db, before));
      const right = await read(to);
      return difference(before, sideOfSnapshot(right.manifest, right.from));
    },
    async settle(id, accept) {
      const question = marks.get<ShrinkQuestion>("shrink");
      if (question?.id !== id) throw new MoltError("CONFLICT", { message: "that snapshot waits for no answer any more" });
      if (running) throw new MoltError("SNAPSHOT_BUSY");
      marks.delete("shrink");
      if (accept) await tidy(make, store());
      else await deleteManifest(store(), id);
    },
    recover() {
      closeCut(db);
      dropStaged(db);
      jobs.recover();
      pump();
    },
    async lastGood() {
      const listed = await listSnapshots(store());
      return rowsOf(listed, new Set()).find(({ state }) => state === "verified");
    },
  };
}

async function listOrError(store: () => SnapshotStore): Promise<{ snapshots: Listed[]; error: SnapshotsState["error"] }> {
  try {
    return { snapshots: await listSnapshots(store()), error: null };
  } catch (thrown) {
    const { code, message, hint } = errorToWire(moltErrorFrom(thrown)).details as { code: string; message: string; hint: string };
    return { snapshots: [], error: { code, message, hint } };
  }
}

function placeOf(store: () => SnapshotStore): string {
  try {
    return store().place;
  } catch (error) {
    return moltErrorFrom(error).message;
  }
}

function rowsOf(listed: readonly Listed[], pinned: ReadonlySet<string>): SnapshotRow[] {
  const lastGood = listed.find(({ verdict }) => verdict?.verified)?.id;
  return listed.map(({ id, head, verdict, error }) => ({
    id,
    state: error !== undefined || verdict?.verified === false ? "damaged" : verdict ? "verified" : "made",
    createdAt: head?.createdAt ?? 0,
    reason: head?.reason ?? null,
    version: head?.version ?? null,
    rows: head?.rows ?? 0,
    bytes: head?.bytes ?? 0,
    encrypted: head?.encryption !== undefined,
    verifiedAt: verdict?.verified ? verdict.at : null,
    error: error ?? verdict?.error ?? null,
    kept: id === lastGood || pinned.has(id),
  }));
}
