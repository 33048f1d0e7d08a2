/** Proves a snapshot: every chunk is fetched, opened, checked, brought back into a scratch object and compared. */

import { isMoltError } from "@moltworker/protocol/errors";
import { sha256Hex } from "../platform/sha256.ts";
import { giveWay } from "../platform/turn.ts";
import { damaged, type Manifest, type TableRef } from "./manifest.ts";
import { createParallel } from "./parallel.ts";
import type { Load, TableDigest } from "./scratch.ts";
import type { Seal } from "./seal.ts";
import type { SnapshotStore } from "./store.ts";

/** An empty object beside the assistant, or whatever else can take a snapshot in. */
export interface Scratch {
  begin(schema: readonly string[]): Promise<void>;
  /** One commit. */
  load(loads: readonly Load[]): Promise<void>;
  digest(table: string, columns: readonly string[]): Promise<TableDigest>;
  /** Brings what was loaded to the present schema. */
  finish(): Promise<void>;
  clear(): Promise<void>;
}

export interface VerifyProgress {
  doneRows: number;
  totalRows: number;
}

const parallelGets = 6;
/** Loaded in one commit. */
const loadBytes = 4_194_304;

/**
 * Leaves the snapshot in the scratch, at the present schema. Throws SNAPSHOT_DAMAGED with what is wrong, SNAPSHOT_NEWER,
 * SNAPSHOT_PASSPHRASE, SNAPSHOT_STORE. `onBadObject` hears of every object whose bytes are not those that were written.
 */
export async function verifySnapshot(
  manifest: Manifest,
  { store, seal }: { store: SnapshotStore; seal: Seal },
  scratch: Scratch,
  report: (progress: VerifyProgress) => void,
  signal: AbortSignal,
  onBadObject: (name: string) => void = () => {},
): Promise<void> {
  const progress = { doneRows: 0, totalRows: manifest.rows };
  const read = (name: string, sha256: string, compressed: boolean) =>
    readObject(manifest.id, { store, seal }, name, sha256, compressed, onBadObject);
  await scratch.clear();
  await scratch.begin(manifest.schema);
  await loadTables(manifest, scratch, read, signal, (rows) => {
    progress.doneRows += rows;
    report(progress);
  });
  for (const table of manifest.tables) {
    signal.throwIfAborted();
    await compareTable(manifest, table, scratch);
  }
  for (const blob of manifest.blobs) {
    signal.throwIfAborted();
    const bytes = await read(blob.name, blob.sha256, false);
    if (bytes.length !== blob.bytes) throw damaged(manifest.id, `the attachment ${blob.id} has another length`);
  }
  await scratch.finish();
}

/** Chunks are fetched side by side and loaded together: a commit of its own for each would cost more than its rows. */
async function loadTables(
  manifest: Manifest,
  scratch: Scratch,
  read: (name: string, sha256: string, compressed: boolean) => Promise<Uint8Array>,
  signal: AbortSignal,
  done: (rows: number) => void,
): Promise<void> {
  const gets = createParallel(parallelGets);
  const coming: { table: TableRef; rows: number; result: Promise<Uint8Array> }[] = [];
  let [loads, bytes, rows]: [{ table: TableRef; chunks: Uint8Array[] }[], number, number] = [[], 0, 0];
  const flush = async () => {
    if (loads.length > 0)
      await scratch.load(loads.map(({ table: { name, columns }, chunks }) => ({ table: { name, columns }, chunks })));
    done(rows);
    await giveWay();
    [loads, bytes, rows] = [[], 0, 0];
  };
  const takeFirst = async () => {
    const first = coming.shift();
    if (!first) return;
    const chunk = await first.result;
    const last = loads.at(-1);
    if (last?.table === first.table) last.chunks.push(chunk);
    else loads.push({ table: first.table, chunks: [chunk] });
    bytes += chunk.length;
    rows += first.rows;
    if (bytes >= loadBytes) await flush();
  };
  for (const table of manifest.tables) {
    for (const chunk of table.chunks) {
      signal.throwIfAborted();
      // What was fetched and not yet loaded is held in memory: as many chunks as are fetched at once, and one load.
      if (coming.length >= parallelGets) await takeFirst();
      coming.push({ table, rows: chunk.rows, ...(await gets.start(() => read(chunk.name, chunk.sha256, true))) });
    }
  }
  while (coming.length > 0) await takeFirst();
  await flush();
}

async function compareTable(manifest: Manifest, table: TableRef, scratch: Scratch): Promise<void> {
  const found = await scratch.digest(table.name, table.columns);
  const same = found.chunks.length === table.chunks.length && found.chunks.every((sum, at) => sum === table.chunks[at]?.sha256);
  if (!same || found.rows !== table.rows)
    throw damaged(
      manifest.id,
      `the table ${table.name} came back as ${found.rows} rows and not as the ${table.rows} that were saved`,
    );
}

/** The content of one object, proved by its checksum. */
export async function readObject(
  id: string,
  { store, seal }: { store: SnapshotStore; seal: Seal },
  name: string,
  sha256: string,
  compressed: boolean,
  onBadObject: (name: string) => void = () => {},
): Promise<Uint8Array> {
  const packed = await store.get(name);
  if (!packed) throw damaged(id, `the object ${name} is missing`);
  const bytes = await seal.open(packed, compressed).catch((error: unknown) => {
    // The manifest was opened with this very key, so a chunk that cannot be was changed.
    onBadObject(name);
    throw isMoltError(error) ? damaged(id, `the object ${name} cannot be opened`, error) : error;
  });
  if ((await sha256Hex(bytes)) === sha256) return bytes;
  onBadObject(name);
  throw damaged(id, `the object ${name} is not what was written`);
}
