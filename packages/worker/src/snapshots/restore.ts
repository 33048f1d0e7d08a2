/** Goes back to a snapshot, whole or in part: proved first, with a way back made before, put in place in one commit. */

import { MoltError } from "@moltworker/protocol/errors";
import type { RestoreItem } from "@moltworker/protocol/snapshots";
import { sha256Hex } from "../platform/sha256.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { JobDetail } from "./jobs.ts";
import type { MakeDeps, Maker, Outcome, Report } from "./make.ts";
import type { Manifest } from "./manifest.ts";
import type { SnapshotMarks } from "./snapshot-marks.ts";
import { dropStaged, type PageSource, planRestore, stage, swapIn } from "./staged.ts";
import { createStagedScratch, isPresentSchema } from "./staged-scratch.ts";
import { withRetries } from "./store.ts";
import { readObject } from "./verify-snapshot.ts";

export interface RestoreDeps extends MakeDeps {
  db: Database;
  blobs: Blobs;
  workspace: Workspace;
  marks: SnapshotMarks;
  scratch: MakeDeps["scratch"] & PageSource;
  /**
   * The rows are in place, and what is in memory no longer fits them: this life writes nothing more, and the object begins
   * again. Called in the very turn of the commit, so that nothing comes between.
   */
  onRestored(): void;
}

/**
 * `done` is called inside the commit that puts the rows in place. Throws what proving throws, or the signal's reason;
 * then nothing has changed.
 */
export async function restoreSnapshot(
  deps: RestoreDeps,
  maker: Maker,
  job: { snapshotId: string; detail: JobDetail },
  done: (outcome: Outcome) => void,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { db, scratch, marks, clock } = deps;
  const { items, everything = false } = job.detail;
  const before = everything ? undefined : (await maker.create({ reason: "restore" }, report, signal, job.snapshotId)).snapshotId;
  let [isStaged, isRestored] = [false, false];
  try {
    const manifest = await maker.prove(job.snapshotId, report, signal, (found) => {
      isStaged = !items && isPresentSchema(db, found);
      return isStaged ? createStagedScratch(db) : scratch;
    });
    report({ phase: "staging", doneRows: 0, totalRows: manifest.rows });
    await bringBlobs(deps, manifest, signal);
    const present = new Set(manifest.tables.map(({ name }) => name));
    const portions = planRestore(db, present, items, everything);
    let staged = 0;
    if (!isStaged) await stage(db, scratch, portions, (rows) => report({ doneRows: (staged += rows) }), signal);
    const files = await readFiles(scratch, items ?? []);
    await scratch.clear();
    db.transaction(() => {
      swapIn(db, portions, clock.now());
      if (files.length > 0) deps.workspace.apply(files);
      if (before !== undefined) marks.set("undo", { id: before, restoredAt: clock.now() });
      done({ text: words(manifest, items), snapshotId: manifest.id });
    });
    isRestored = true;
    deps.onRestored();
  } finally {
    if (!isRestored) {
      dropStaged(db);
      await scratch.clear();
    }
  }
}

function words(manifest: Manifest, items: readonly RestoreItem[] | undefined): string {
  const when = new Date(manifest.createdAt).toISOString().slice(0, 16).replace("T", " ");
  const what = items
    ? items.map((item) => (item.kind === "config" ? "the settings" : `${item.kind} ${item.name}`)).join(", ")
    : "everything";
  return `Went back to ${when} UTC with ${what}.`;
}

/** Attachments are only added: their ids are never used twice, so nothing of the present is overwritten before the commit. */
async function bringBlobs({ destination, clock, blobs }: RestoreDeps, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const store = withRetries(destination.store(signal), clock, signal);
  const seal = await destination.sealFor(manifest);
  for (const { id, name, sha256 } of manifest.blobs) {
    signal.throwIfAborted();
    const here = await blobs.bytes(id).catch(() => undefined);
    if (here && (await sha256Hex(here)) === sha256) continue;
    await blobs.put(id, await readObject(manifest.id, { store, seal }, name, sha256, false), "application/octet-stream");
  }
}

async function readFiles(source: PageSource, items: readonly RestoreItem[]) {
  const files: { path: string; content: Uint8Array }[] = [];
  for (const item of items) {
    if (item.kind !== "file") continue;
    const path = item.name;
    const where = { column: "path", value: path };
    const known = await source.page({ table: "workspace_files", where }, undefined);
    if (known.rows.length === 0) throw new MoltError("NOT_FOUND", { message: `the snapshot has no file ${path.slice(0, 200)}` });
    const parts: Uint8Array[] = [];
    for (let after: SqlValue[] | undefined, more = true; more; ) {
      const page = await source.page({ table: "workspace_chunks", where }, after);
      const place = page.columns.indexOf("data");
      parts.push(...page.rows.map((row) => new Uint8Array(row[place] as ArrayBuffer)));
      after = page.next;
      more = after !== undefined;
    }
    files.push({ path, content: new Uint8Array(await new Response(new Blob(parts as Uint8Array<ArrayBuffer>[])).arrayBuffer()) });
  }
  return files;
}
