/**
 * Cuts a table's rows into chunks whose borders depend on the keys near them alone: a changed row changes one chunk, an
 * inserted one at most two, and all others keep their bytes and their name. Pure.
 */

import type { SqlValue } from "../storage/database.ts";
import { type EncodedRow, encodeRow, joinRows } from "./chunk-code.ts";

export interface Chunk {
  rows: number;
  bytes: Uint8Array;
}

export interface Chunker {
  /** Chunks that are complete with this row. */
  add(key: readonly SqlValue[], values: readonly SqlValue[]): Chunk | undefined;
  /** The rest. */
  end(): Chunk | undefined;
}

export interface ChunkSizes {
  least: number;
  usual: number;
  most: number;
}

const chunkSizes: ChunkSizes = { least: 16_384, usual: 131_072, most: 2_097_152 };

export function createChunker(sizes: ChunkSizes = chunkSizes): Chunker {
  let rows: EncodedRow[] = [];
  let bytes = 0;

  function take(): Chunk | undefined {
    if (rows.length === 0) return undefined;
    const chunk = { rows: rows.length, bytes: joinRows(rows) };
    rows = [];
    bytes = 0;
    return chunk;
  }

  return {
    add(key, values) {
      const row = encodeRow(values);
      // A row larger than the rest of the room begins a chunk of its own.
      const full = bytes + row.bytes > sizes.most ? take() : undefined;
      rows.push(row);
      bytes += row.bytes;
      if (full) return full;
      return bytes >= sizes.least && isBorder(key, row.bytes, sizes.usual) ? take() : undefined;
    },
    end: take,
  };
}

/** A row ends a chunk with a likelihood of its size over the usual chunk's, decided by its key alone. */
function isBorder(key: readonly SqlValue[], rowBytes: number, usual: number): boolean {
  return hashOf(JSON.stringify(key)) < Math.min(1, rowBytes / usual) * 0x1_0000_0000;
}

/** 32-bit FNV-1a with a final mix, so that keys which differ in the last digit are far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
