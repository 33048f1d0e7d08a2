/**
 * Makes one snapshot: a cut, its rows as chunks, its attachments, and last the manifest that makes it exist. What the store
 * has already is not written again. The assistant goes on working; a kill leaves only objects that nothing names.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { SnapshotReason } from "@moltworker/protocol/snapshots";
import { sha256Hex } from "../platform/sha256.ts";
import { giveWay } from "../platform/turn.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { type Chunk, createChunker } from "./chunker.ts";
import { type CutTable, closeCut, openCut, readCutPage } from "./cut.ts";
import { type BlobRef, type ChunkRef, type Contents, type Head, type TableRef, writeManifest } from "./manifest.ts";
import { createParallel } from "./parallel.ts";
import type { Seal } from "./seal.ts";
import type { SnapshotStore } from "./store.ts";
import { keyPlacesOf } from "./tables.ts";

export interface SnapshotSource {
  db: Database;
  blobs: Pick<Blobs, "bytes">;
}

export interface SnapshotTarget {
  store: SnapshotStore;
  seal: Seal;
}

export interface SnapshotFacts {
  id: string;
  createdAt: number;
  reason: SnapshotReason;
  version: string;
  /** No manifest is written when the contents are these: nothing changed. */
  unlessContents?: string | undefined;
}

export interface Progress {
  doneRows: number;
  totalRows: number;
  doneBlobs: number;
  totalBlobs: number;
  /** Written to the store, packed. */
  writtenBytes: number;
}

export interface Written {
  /** undefined: nothing changed, so there is no new snapshot. */
  head: Head | undefined;
  rows: number;
  bytes: number;
  contents: string;
  writtenBytes: number;
}

interface Work extends SnapshotTarget {
  source: SnapshotSource;
  known: Set<string>;
  progress: Progress;
  report(progress: Progress): void;
  signal: AbortSignal;
}

/** Puts that are on their way at once. */
const parallelPuts = 4;

/** Throws SNAPSHOT_STORE, SNAPSHOT_STORE_REFUSED, STORAGE_CORRUPT, or the signal's reason; then no such snapshot exists. */
export async function writeSnapshot(
  source: SnapshotSource,
  target: SnapshotTarget,
  facts: SnapshotFacts,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Written> {
  const { store, seal } = target;
  const { id, createdAt, reason, version } = facts;
  const known = new Set([...(await store.list("chunks/")), ...(await store.list("blobs/"))].map(({ name }) => name));
  const sealed = seal.derivation !== undefined;
  const tables = openCut(source.db, (table) => sealed || table.policy !== "secret");
  try {
    const schema = source.db
      .all<{ name: string }>("SELECT name FROM schema_migrations ORDER BY position")
      .map(({ name }) => name);
    const missingSecrets = sealed ? [] : secretNames(source.db);
    const totalRows = tables.reduce((sum, table) => sum + table.rows, 0);
    const progress = { doneRows: 0, totalRows, doneBlobs: 0, totalBlobs: 0, writtenBytes: 0 };
    const work: Work = { ...target, source, known, progress, report, signal };
    const { blobs, lost } = await writeBlobs(work, tables);
    const written: TableRef[] = [];
    for (const table of tables) written.push(await writeTable(work, table));
    const contents: Contents = { schema, tables: written, blobs, lost, missingSecrets };
    const bytes = written.reduce((sum, table) => sum + table.bytes, 0) + blobs.reduce((sum, blob) => sum + blob.bytes, 0);
    const encryption = seal.derivation ? { encryption: seal.derivation } : {};
    signal.throwIfAborted();
    const sum = await sha256Hex(new TextEncoder().encode(JSON.stringify(contents)));
    const sums = { rows: totalRows, bytes, contents: sum };
    if (sum === facts.unlessContents) return { head: undefined, ...sums, writtenBytes: progress.writtenBytes };
    const head = await writeManifest(store, seal, { id, createdAt, reason, version, ...sums, ...encryption }, contents);
    return { head, ...sums, writtenBytes: progress.writtenBytes };
  } finally {
    closeCut(source.db);
  }
}

async function writeTable(work: Work, table: CutTable): Promise<TableRef> {
  const refs: Promise<ChunkRef>[] = [];
  const puts = createParallel(parallelPuts);
  const chunker = createChunker();
  const take = async (chunk: Chunk | undefined) => {
    if (chunk) refs.push((await puts.start(() => writeChunk(work, chunk))).result);
  };
  const keyPlaces = keyPlacesOf(table);
  let rows = 0;
  for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
    work.signal.throwIfAborted();
    const page = readCutPage(work.source.db, table, after, most);
    for (const row of page.rows) {
      const chunk = chunker.add(
        keyPlaces.map((place) => row[place] as SqlValue),
        row,
      );
      if (chunk) await take(chunk);
    }
    rows += page.rows.length;
    work.progress.doneRows += page.rows.length;
    work.report(work.progress);
    after = page.next;
    most = page.likely;
    more = after !== undefined;
    await giveWay();
  }
  await take(chunker.end());
  const chunks = await Promise.all(refs);
  if (rows !== table.rows)
    throw new MoltError("STORAGE_CORRUPT", {
      message: `the table ${table.name} has ${table.rows} rows, of which ${rows} can be read in order`,
      hint: "Run `moltworker doctor`; the last good snapshot is kept.",
    });
  return {
    name: table.name,
    columns: [...table.columns],
    key: [...table.key],
    rows,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    chunks,
  };
}

async function writeChunk(work: Work, chunk: Chunk): Promise<ChunkRef> {
  const sha256 = await sha256Hex(chunk.bytes);
  const name = await nameOf(work, "chunks", sha256);
  if (!work.known.has(name)) await writeObject(work, name, chunk.bytes, true);
  return { name, sha256, rows: chunk.rows, bytes: chunk.bytes.length };
}

/** Attachments of the cut's own rows; bytes that are gone or changed are said, and stop nothing. */
async function writeBlobs(work: Work, tables: readonly CutTable[]): Promise<{ blobs: BlobRef[]; lost: Contents["lost"] }> {
  const table = tables.find(({ name }) => name === "blobs");
  const [blobs, lost]: [BlobRef[], Contents["lost"]] = [[], []];
  if (!table) return { blobs, lost };
  work.progress.totalBlobs = table.rows;
  const places = ["id", "sha256", "size_bytes"].map((column) => table.columns.indexOf(column));
  for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
    const page = readCutPage(work.source.db, table, after, most);
    for (const row of page.rows) {
      work.signal.throwIfAborted();
      const [id, sha256, bytes] = places.map((place) => row[place]) as [string, string, number];
      const found = await writeBlob(work, id, sha256);
      if ("name" in found) blobs.push({ id, name: found.name, sha256, bytes });
      else lost.push({ id, why: found.why });
      work.progress.doneBlobs += 1;
      work.report(work.progress);
    }
    after = page.next;
    most = page.likely;
    more = after !== undefined;
  }
  return { blobs, lost };
}

async function writeBlob(work: Work, id: string, sha256: string): Promise<{ name: string } | { why: string }> {
  const name = await nameOf(work, "blobs", sha256);
  if (work.known.has(name)) return { name };
  const content = await work.source.blobs.bytes(id).catch(() => undefined);
  if (!content) return { why: "its bytes are gone" };
  if ((await sha256Hex(content)) !== sha256) return { why: "its bytes are not those that were stored" };
  await writeObject(work, name, content, false);
  return { name };
}

async function nameOf(work: Work, folder: "chunks" | "blobs", sha256: string): Promise<string> {
  const mark = await work.seal.nameOf(sha256);
  return `${folder}/${mark.slice(0, 2)}/${mark}`;
}

async function writeObject(work: Work, name: string, bytes: Uint8Array, compress: boolean): Promise<void> {
  const packed = await work.seal.close(bytes, compress);
  work.signal.throwIfAborted();
  await work.store.put(name, packed);
  work.known.add(name);
  work.progress.writtenBytes += packed.length;
}

function secretNames(db: Database): string[] {
  if (!db.one("SELECT 1 AS found FROM sqlite_master WHERE name = 'secrets'")) return [];
  return db.all<{ name: string }>("SELECT name FROM secrets WHERE value IS NOT NULL ORDER BY name").map(({ name }) => name);
}
