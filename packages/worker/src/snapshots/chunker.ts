/**
 * Cuts a table's rows into chunks whose borders depend on the keys near them alone: a changed row changes one chunk, an
 * inserted one at most two, and all others keep their bytes and their name. Pure.
 */

import type { SqlValue } from "../storage/database.ts";
import { createRowBuffer } from "./chunk-code.ts";

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
  const buffer = createRowBuffer();

  function take(keep: 0 | 1): Chunk | undefined {
    const rows = buffer.rows - keep;
    return rows > 0 ? { rows, bytes: buffer.take(keep) } : undefined;
  }

  return {
    add(key, values) {
      const rowBytes = buffer.add(values);
      // A row larger than the rest of the room begins a chunk of its own.
      const full = buffer.bytes > sizes.most ? take(1) : undefined;
      if (full) return full;
      return buffer.bytes >= sizes.least && isBorder(key, rowBytes, sizes.usual) ? take(0) : undefined;
    },
    end: () => take(0),
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
