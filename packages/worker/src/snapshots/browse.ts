/** Looking into snapshots without restoring them: what can be chosen one by one, and what differs between two. */

import type { SnapshotContents, SnapshotDifference, TableDifference } from "@moltworker/protocol/snapshots";
import { sha256Hex } from "../platform/sha256.ts";
import { giveWay } from "../platform/turn.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { decodeRows } from "./chunk-code.ts";
import { type Chunk, createChunker } from "./chunker.ts";
import { readTablePage } from "./cut.ts";
import type { Manifest, TableRef } from "./manifest.ts";
import type { Seal } from "./seal.ts";
import type { SnapshotStore } from "./store.ts";
import { keyPlacesOf, readTables } from "./tables.ts";
import { readObject } from "./verify-snapshot.ts";

/** One table of a side: its chunks by checksum, each read when it is asked for. */
interface SideTable {
  name: string;
  columns: readonly string[];
  key: readonly string[];
  chunks: readonly { sha256: string; read(): Promise<Uint8Array> }[];
}

export interface Side {
  name: string;
  tables: SideTable[];
}

const namedLimit = 200;

export function sideOfSnapshot(manifest: Manifest, from: { store: SnapshotStore; seal: Seal }): Side {
  const chunksOf = (table: TableRef) =>
    table.chunks.map(({ name, sha256 }) => ({ sha256, read: () => readObject(manifest.id, from, name, sha256, true) }));
  return { name: manifest.id, tables: manifest.tables.map((table) => ({ ...table, chunks: chunksOf(table) })) };
}

/** The assistant as it is now; only what the other side lacks is held. */
export async function sideOfNow(db: Database, other: Side): Promise<Side> {
  const there = new Map(other.tables.map((table) => [table.name, new Set(table.chunks.map(({ sha256 }) => sha256))]));
  const tables: SideTable[] = [];
  for (const table of readTables(db).filter(({ name }) => there.has(name))) {
    const chunker = createChunker();
    const chunks: { sha256: string; read(): Promise<Uint8Array> }[] = [];
    const take = async (chunk: Chunk | undefined) => {
      if (!chunk) return;
      const sha256 = await sha256Hex(chunk.bytes);
      const bytes = there.get(table.name)?.has(sha256) ? undefined : chunk.bytes;
      chunks.push({ sha256, read: async () => bytes ?? new Uint8Array() });
    };
    const keyPlaces = keyPlacesOf(table);
    for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
      const page = readTablePage(db, table, after, most);
      for (const row of page.rows) {
        const chunk = chunker.add(
          keyPlaces.map((place) => row[place] as SqlValue),
          row,
        );
        if (chunk) await take(chunk);
      }
      after = page.next;
      most = page.likely;
      more = after !== undefined;
      await giveWay();
    }
    await take(chunker.end());
    tables.push({ ...table, chunks });
  }
  return { name: "now", tables };
}

/** Reads only the chunks that one side has and the other lacks. */
export async function difference(from: Side, to: Side): Promise<SnapshotDifference> {
  const result: SnapshotDifference = { from: from.name, to: to.name, tables: [], sessions: [], files: [], settings: [] };
  const names = new Set<string>();
  for (const table of new Set([...from.tables, ...to.tables].map(({ name }) => name))) {
    const [left, right] = [from, to].map((side) => side.tables.find(({ name }) => name === table));
    const [before, after] = [await onlyIn(left, right), await onlyIn(right, left)];
    const changes: TableDifference = { table, added: 0, removed: 0, changed: 0 };
    for (const [key, row] of after) {
      const old = before.get(key);
      if (old?.text === row.text) continue;
      if (old) changes.changed += 1;
      else changes.added += 1;
      names.add(nameIn(table, row.values, right));
    }
    for (const [key, row] of before) {
      if (after.has(key)) continue;
      changes.removed += 1;
      names.add(nameIn(table, row.values, left));
    }
    if (changes.added + changes.removed + changes.changed > 0) result.tables.push(changes);
  }
  for (const kind of ["sessions", "files", "settings"] as const) {
    const found = [...names].filter((name) => name.startsWith(`${kind}:`)).map((name) => name.slice(kind.length + 1));
    result[kind] = found.sort().slice(0, namedLimit);
  }
  return result;
}

interface ReadRow {
  text: string;
  values: SqlValue[];
}

async function onlyIn(side: SideTable | undefined, other: SideTable | undefined): Promise<Map<string, ReadRow>> {
  const rows = new Map<string, ReadRow>();
  if (!side) return rows;
  const shared = new Set(other?.chunks.map(({ sha256 }) => sha256));
  const keyPlaces = (side.key.length > 0 ? side.key : side.columns).map((column) => side.columns.indexOf(column));
  for (const chunk of side.chunks.filter(({ sha256 }) => !shared.has(sha256))) {
    for (const values of decodeRows(await chunk.read())) {
      const words: unknown[] = [];
      for (const value of values) words.push(value instanceof ArrayBuffer ? await sha256Hex(new Uint8Array(value)) : value);
      rows.set(JSON.stringify(keyPlaces.map((place) => words[place])), { text: JSON.stringify(words), values });
    }
  }
  return rows;
}

/** What a person calls the thing that a row belongs to: `sessions:<key>`, `files:<path>`, `settings:<section>`; else nothing. */
function nameIn(table: string, values: readonly SqlValue[], side: SideTable | undefined): string {
  const value = (column: string) => values[side?.columns.indexOf(column) ?? -1];
  if (table === "sessions") return `sessions:${value("key")}`;
  if (table === "messages") return `sessions:${value("session_key")}`;
  if (table === "workspace_files" || table === "workspace_chunks") return `files:${value("path")}`;
  if (table === "config") return `settings:${value("section")}`;
  return "";
}

/** Throws SNAPSHOT_DAMAGED, SNAPSHOT_STORE. */
export async function describeContents(
  manifest: Manifest,
  from: { store: SnapshotStore; seal: Seal },
): Promise<SnapshotContents> {
  const { tables } = sideOfSnapshot(manifest, from);
  const rowsOf = async (name: string): Promise<((column: string) => SqlValue | undefined)[]> => {
    const table = tables.find((one) => one.name === name);
    const rows: ((column: string) => SqlValue | undefined)[] = [];
    for (const chunk of table?.chunks ?? [])
      for (const values of decodeRows(await chunk.read())) rows.push((column) => values[table?.columns.indexOf(column) ?? -1]);
    return rows;
  };
  const sessions = await rowsOf("sessions");
  return {
    id: manifest.id,
    sessions: sessions.map((row) => ({
      key: String(row("key")),
      title: (row("label") ?? row("title") ?? null) as string | null,
      messages: Math.max(0, Number(row("next_seq") ?? 1) - 1),
    })),
    files: (await rowsOf("workspace_files")).map((row) => ({ path: String(row("path")), sizeBytes: Number(row("size_bytes")) })),
    missingSecrets: manifest.missingSecrets,
    lost: manifest.lost,
  };
}
