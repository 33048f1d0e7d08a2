/**
 * Rows as the bytes of a chunk, and back. JSON Lines, one array of values a row; a blob stands as `{"blob":<length>}`, and
 * after one empty line the blobs follow raw, in order. What a person needs to read one is `gunzip` and this sentence.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { SqlValue } from "../storage/database.ts";

export type Values = SqlValue[];

export interface EncodedRow {
  line: Uint8Array;
  blobs: ArrayBuffer[];
  bytes: number;
}

const encoder = new TextEncoder();

export function encodeRow(values: readonly SqlValue[]): EncodedRow {
  const blobs: ArrayBuffer[] = [];
  let bytes = 0;
  const plain = values.map((value) => {
    if (!(value instanceof ArrayBuffer)) return value;
    blobs.push(value);
    bytes += value.byteLength;
    return { blob: value.byteLength };
  });
  const line = encoder.encode(`${JSON.stringify(plain)}\n`);
  return { line, blobs, bytes: bytes + line.length };
}

export function joinRows(rows: readonly EncodedRow[]): Uint8Array {
  const hasBlobs = rows.some((row) => row.blobs.length > 0);
  const whole = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes, hasBlobs ? 1 : 0));
  let at = 0;
  for (const { line } of rows) {
    whole.set(line, at);
    at += line.length;
  }
  if (!hasBlobs) return whole;
  whole[at++] = 10;
  for (const { blobs } of rows) {
    for (const blob of blobs) {
      whole.set(new Uint8Array(blob), at);
      at += blob.byteLength;
    }
  }
  return whole;
}

/** Throws SNAPSHOT_DAMAGED when the bytes are no such chunk. */
export function decodeRows(bytes: Uint8Array): Values[] {
  const end = endOfLines(bytes);
  let at = end + 1;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
    const lines = text.split("\n").filter((line) => line !== "");
    const rows = lines.map((line) => (JSON.parse(line) as unknown[]).map(decoded));
    if (at < bytes.length) throw new Error("bytes are left over");
    return rows;
  } catch (error) {
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "a chunk of the snapshot cannot be read", cause: error });
  }

  function decoded(value: unknown): SqlValue {
    if (value === null || typeof value === "string" || typeof value === "number") return value;
    const length = (value as { blob?: unknown }).blob;
    if (!Number.isInteger(length) || (length as number) < 0 || at + (length as number) > bytes.length)
      throw new Error("no such value");
    const blob = bytes.slice(at, at + (length as number)).buffer as ArrayBuffer;
    at += length as number;
    return blob;
  }
}

/** Where the lines end: before the first empty line, or at the end of the bytes. */
function endOfLines(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) if (bytes[at + 1] === 10) return at + 1;
  return bytes.length;
}
