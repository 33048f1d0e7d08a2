/**
 * Rows as the bytes of a chunk, and back. JSON Lines, one array of values a row; a blob stands as `{"blob":<length>}`, and
 * after one empty line the blobs follow raw, in order. What a person needs to read one is `gunzip` and this sentence.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { SqlValue } from "../storage/database.ts";

export type Values = SqlValue[];

const encoder = new TextEncoder();
const newline = 10;

/** Rows that become one chunk. One buffer is used again and again: a chunk's bytes are copied once. */
export interface RowBuffer {
  rows: number;
  /** What the rows take, blobs included. */
  bytes: number;
  /** Returns the bytes that this row takes. */
  add(values: readonly SqlValue[]): number;
  /** The chunk of all rows but the last `keep` (0 or 1), which stays. */
  take(keep: 0 | 1): Uint8Array;
}

export function createRowBuffer(): RowBuffer {
  let lines = new Uint8Array(65_536);
  let [end, lastLine] = [0, 0];
  let blobs: ArrayBuffer[] = [];
  let lastBlobs: ArrayBuffer[] = [];

  function write(text: string): void {
    // A code unit becomes three bytes at most.
    const most = end + text.length * 3 + 1;
    if (most > lines.length) {
      const larger = new Uint8Array(Math.max(most, 2 * lines.length));
      larger.set(lines.subarray(0, end));
      lines = larger;
    }
    lastLine = end;
    end += encoder.encodeInto(text, lines.subarray(end)).written;
    lines[end++] = newline;
  }

  const buffer: RowBuffer = {
    rows: 0,
    bytes: 0,
    add(values) {
      let bytes = 0;
      blobs.push(...lastBlobs);
      lastBlobs = [];
      const plain = values.map((value) => {
        if (!(value instanceof ArrayBuffer)) return value;
        lastBlobs.push(value);
        bytes += value.byteLength;
        return { blob: value.byteLength };
      });
      write(JSON.stringify(plain));
      bytes += end - lastLine;
      buffer.rows += 1;
      buffer.bytes += bytes;
      return bytes;
    },
    take(keep) {
      const stop = keep === 1 ? lastLine : end;
      const taken = keep === 1 ? blobs : [...blobs, ...lastBlobs];
      const chunk = joined(lines.subarray(0, stop), taken);
      lines.copyWithin(0, stop, end);
      end -= stop;
      lastLine = 0;
      blobs = [];
      if (keep === 0) lastBlobs = [];
      buffer.rows = keep;
      buffer.bytes = end + lastBlobs.reduce((sum, blob) => sum + blob.byteLength, 0);
      return chunk;
    },
  };
  return buffer;
}

function joined(lines: Uint8Array, blobs: readonly ArrayBuffer[]): Uint8Array {
  if (blobs.length === 0) return lines.slice();
  const whole = new Uint8Array(blobs.reduce((sum, blob) => sum + blob.byteLength, lines.length + 1));
  whole.set(lines);
  let at = lines.length;
  whole[at++] = newline;
  for (const blob of blobs) {
    whole.set(new Uint8Array(blob), at);
    at += blob.byteLength;
  }
  return whole;
}

/** Throws SNAPSHOT_DAMAGED when the bytes are no such chunk. */
export function decodeRows(bytes: Uint8Array): Values[] {
  const end = endOfLines(bytes);
  let at = end + 1;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
    // A line break inside a value is written as an escape, so each one here is the end of a row: parsed at once, not row by row.
    const rows = JSON.parse(`[${text.trimEnd().replaceAll("\n", ",")}]`) as unknown[][];
    for (const row of rows) for (const [place, value] of row.entries()) if (isMark(value)) row[place] = decoded(value);
    if (at < bytes.length) throw new Error("bytes are left over");
    return rows as Values[];
  } catch (error) {
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "a chunk of the snapshot cannot be read", cause: error });
  }

  function decoded(value: unknown): SqlValue {
    const length = (value as { blob?: unknown }).blob;
    if (!Number.isInteger(length) || (length as number) < 0 || at + (length as number) > bytes.length)
      throw new Error("no such value");
    const blob = bytes.slice(at, at + (length as number)).buffer as ArrayBuffer;
    at += length as number;
    return blob;
  }
}

const isMark = (value: unknown) => value !== null && typeof value !== "string" && typeof value !== "number";

/** Where the lines end: before the first empty line, or at the end of the bytes. */
function endOfLines(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1))
    if (bytes[at + 1] === newline) return at + 1;
  return bytes.length;
}
