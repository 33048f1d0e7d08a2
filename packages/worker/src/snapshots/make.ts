/** The work of one snapshot from the cut to its verdict, and the tidying that a good one allows. */

import { isMoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ShrinkQuestion, SnapshotJob } from "@moltworker/protocol/snapshots";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Destination, SnapshotSettings } from "./destination.ts";
import type { JobDetail } from "./jobs.ts";
import {
  deleteManifest,
  type Head,
  type Listed,
  listSnapshots,
  type Manifest,
  readManifest,
  type Verdict,
  writeVerdict,
} from "./manifest.ts";
import { expired, isSuddenShrink } from "./retention.ts";
import type { SnapshotMarks } from "./snapshot-marks.ts";
import { type SnapshotStore, withRetries } from "./store.ts";
import { type Scratch, verifySnapshot } from "./verify-snapshot.ts";
import { type SnapshotSource, writeSnapshot } from "./write-snapshot.ts";

export interface MakeDeps {
  source: SnapshotSource;
  destination: Destination;
  scratch: Scratch;
  marks: SnapshotMarks;
  settings(): SnapshotSettings;
  clock: Clock;
  version: string;
}

export type Report = (progress: Partial<SnapshotJob>) => void;

export interface Outcome {
  text: string;
  snapshotId?: string;
  /** The store held damaged objects, which were put aside: a new snapshot writes them again. */
  repair?: boolean;
}

export interface Maker {
  /** `keep`: a snapshot that is about to be used, whatever its age. */
  create(detail: JobDetail, report: Report, signal: AbortSignal, keep?: string): Promise<Outcome>;
  verify(id: string, report: Report, signal: AbortSignal): Promise<Outcome>;
  /** Proves it and leaves it in the scratch that was chosen for it, at the present schema. */
  prove(id: string, report: Report, signal: AbortSignal, choose: (manifest: Manifest) => Scratch): Promise<Manifest>;
}

export function createMaker(deps: MakeDeps): Maker {
  const { destination, clock, marks } = deps;
  const openStore = (signal: AbortSignal) => withRetries(destination.store(signal), clock, signal);

  async function prove(
    id: string,
    report: Report,
    signal: AbortSignal,
    { store = openStore(signal), choose = (_: Manifest) => deps.scratch } = {},
  ): Promise<Manifest> {
    report({ phase: "proving", snapshotId: id, doneRows: 0 });
    const manifest = await readManifest(store, id, destination.sealFor);
    const bad: string[] = [];
    try {
      const seal = await destination.sealFor(manifest);
      await verifySnapshot(manifest, { store, seal }, choose(manifest), report, signal, (name) => bad.push(name));
      await judge(store, manifest, true);
      return manifest;
    } catch (error) {
      const failure = moltErrorFrom(error);
      if (failure.code === "SNAPSHOT_DAMAGED" || failure.code === "MIGRATION_FAILED") {
        await judge(store, manifest, false, failure.message);
        for (const name of bad) await putAside(store, name, clock.now());
      }
      throw error;
    }
  }

  async function judge(store: SnapshotStore, head: Head, verified: boolean, error?: string): Promise<void> {
    const verdict: Verdict = { id: head.id, verified, at: clock.now(), sha256: head.sha256 };
    await writeVerdict(store, error === undefined ? verdict : { ...verdict, error: error.slice(0, 1_000) });
  }

  return {
    prove: (id, report, signal, choose) => prove(id, report, signal, { choose }),
    async verify(id, report, signal) {
      await prove(id, report, signal).finally(() => deps.scratch.clear());
      return { text: "Restored into a scratch object; every checksum agrees.", snapshotId: id };
    },
    async create(detail, report, signal, keep) {
      const store = openStore(signal);
      report({ phase: "reading" });
      const before = await listSnapshots(store);
      const lastGood = before.find(({ verdict }) => verdict?.verified)?.head;
      const reason = detail.reason ?? "button";
      const createdAt = clock.now();
      const written = await writeSnapshot(
        deps.source,
        { store, seal: destination.seal() },
        {
          id: createId("snap", createdAt),
          createdAt,
          reason,
          version: deps.version,
          // Asked for by a person, or as the way back, it is made even when nothing changed.
          ...(reason === "schedule" && lastGood ? { unlessContents: lastGood.contents } : {}),
        },
        ({ doneRows, totalRows, writtenBytes }) => report({ doneRows, totalRows, writtenBytes }),
        signal,
      );
      if (!written.head) {
        marks.set("checked", clock.now());
        return { text: "Nothing has changed since the last good snapshot.", snapshotId: lastGood?.id ?? "" };
      }
      const { id } = written.head;
      try {
        await prove(id, report, signal, { store });
      } catch (error) {
        if (isMoltError(error) && error.code === "SNAPSHOT_DAMAGED" && !detail.repair)
          return { text: `${error.message}; another is made at once.`, snapshotId: id, repair: true };
        throw error;
      } finally {
        await deps.scratch.clear();
      }
      marks.set("checked", clock.now());
      noteShrink(marks, lastGood, written.head);
      report({ phase: "tidying" });
      const dropped = marks.get<ShrinkQuestion>("shrink") ? 0 : await tidy(deps, store, keep);
      const tail = dropped > 0 ? ` ${dropped} older ${dropped === 1 ? "one was" : "ones were"} dropped.` : "";
      return { text: `Made and proved.${tail}`, snapshotId: id };
    },
  };
}

/** Judged against the snapshot from before the first shrink that nobody has answered. */
function noteShrink(marks: SnapshotMarks, lastGood: Head | undefined, now: Head): void {
  const open = marks.get<ShrinkQuestion>("shrink");
  const before = open?.before ?? (lastGood && { id: lastGood.id, rows: lastGood.rows, bytes: lastGood.bytes });
  if (before && isSuddenShrink(before, now))
    marks.set("shrink", { id: now.id, before, now: { rows: now.rows, bytes: now.bytes } });
  else marks.delete("shrink");
}

/** Drops what retention no longer keeps, then every object that no manifest names. Returns how many snapshots went. */
export async function tidy(
  { destination, marks, settings, clock }: MakeDeps,
  store: SnapshotStore,
  keep?: string,
): Promise<number> {
  const listed = await listSnapshots(store);
  const drop = expired(
    listed.flatMap(candidateOf(new Set([...pinnedIds(marks, listed), ...(keep ? [keep] : [])]))),
    settings().keep,
    clock.now(),
  );
  for (const id of drop) await deleteManifest(store, id);
  if (drop.length > 0)
    await dropUnnamed(
      destination,
      store,
      listed.filter(({ id }) => !drop.includes(id)),
    );
  return drop.length;
}

const candidateOf =
  (pinned: ReadonlySet<string>) =>
  ({ id, head, verdict }: Listed) =>
    head
      ? [
          {
            ...{ id, createdAt: head.createdAt, verified: verdict?.verified === true },
            ...{ scheduled: head.reason === "schedule", pinned: pinned.has(id) },
          },
        ]
      : [];

/** What a restore is undone with, and the last ones from before an upgrade and an import. */
export function pinnedIds(marks: SnapshotMarks, listed: readonly Listed[]): ReadonlySet<string> {
  const undo = marks.get<{ id: string }>("undo")?.id;
  const last = (reason: string) => listed.find(({ head }) => head?.reason === reason)?.id;
  return new Set([undo, last("upgrade"), last("import")].filter((id) => id !== undefined));
}

/** When one list of contents cannot be read, nobody knows what it names: then everything stays. */
async function dropUnnamed(destination: Destination, store: SnapshotStore, kept: readonly Listed[]): Promise<void> {
  const named = new Set<string>();
  for (const { id } of kept) {
    const manifest = await readManifest(store, id, destination.sealFor).catch((error: unknown) => {
      if (isMoltError(error) && (error.code === "SNAPSHOT_DAMAGED" || error.code === "SNAPSHOT_PASSPHRASE")) return undefined;
      throw error;
    });
    if (!manifest) return;
    for (const { chunks } of manifest.tables) for (const { name } of chunks) named.add(name);
    for (const { name } of manifest.blobs) named.add(name);
  }
  for (const prefix of ["chunks/", "blobs/"])
    for (const { name } of await store.list(prefix)) if (!named.has(name)) await store.delete(name);
}

/** A damaged object is kept for whoever looks into it, under a name that no snapshot uses. */
async function putAside(store: SnapshotStore, name: string, now: number): Promise<void> {
  const bytes = await store.get(name);
  if (!bytes) return;
  await store.put(`quarantine/${now}-${name.replaceAll("/", "-")}`, bytes);
  await store.delete(name);
}
