/**
 * The pages of a SQLite database file, with what its write-ahead log has committed on top of them: a home that was copied
 * while its gateway ran has its newest rows only there. Format: https://www.sqlite.org/fileformat2.html
 */

import { MoltError } from "@moltworker/protocol/errors";

export interface Pages {
  /** Bytes of a page that hold content. */
  usableBytes: number;
  /** Page numbers begin at 1. Throws INVALID_REQUEST for one that is not there. */
  page(number: number): Uint8Array;
}

const magic = "SQLite format 3\0";
const walHeaderBytes = 32;
const frameHeaderBytes = 24;

/** Throws INVALID_REQUEST when it is no SQLite database. */
export function openPages(file: Uint8Array, wal: Uint8Array = new Uint8Array()): Pages {
  if (new TextDecoder("latin1").decode(file.subarray(0, 16)) !== magic) throw damaged("it is no SQLite database");
  const view = viewOf(file);
  const declared = view.getUint16(16);
  const pageBytes = declared === 1 ? 65_536 : declared;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0) throw damaged("its page size is wrong");
  if (view.getUint32(56) > 1) throw damaged("its text is not UTF-8");
  const newer = committedFrames(wal, pageBytes);
  return {
    usableBytes: pageBytes - view.getUint8(20),
    page(number) {
      const start = (number - 1) * pageBytes;
      const page = newer.get(number) ?? file.subarray(start, start + pageBytes);
      if (number < 1 || page.length < pageBytes) throw damaged(`page ${number} is missing`);
      return page;
    },
  };
}

/** The newest committed content of each page. A frame of another generation or with a wrong checksum ends the log. */
function committedFrames(wal: Uint8Array, pageBytes: number): Map<number, Uint8Array> {
  const committed = new Map<number, Uint8Array>();
  if (wal.length < walHeaderBytes) return committed;
  const view = viewOf(wal);
  const kind = view.getUint32(0);
  if ((kind !== 0x377f0682 && kind !== 0x377f0683) || view.getUint32(8) !== pageBytes) return committed;
  const littleEndian = kind === 0x377f0682;
  let sum = checksum(wal.subarray(0, 24), littleEndian, [0, 0]);
  if (sum[0] !== view.getUint32(24) || sum[1] !== view.getUint32(28)) return committed;
  const pending = new Map<number, Uint8Array>();
  for (let at = walHeaderBytes; at + frameHeaderBytes + pageBytes <= wal.length; at += frameHeaderBytes + pageBytes) {
    if (view.getUint32(at + 8) !== view.getUint32(16) || view.getUint32(at + 12) !== view.getUint32(20)) break;
    const content = wal.subarray(at + frameHeaderBytes, at + frameHeaderBytes + pageBytes);
    sum = checksum(content, littleEndian, checksum(wal.subarray(at, at + 8), littleEndian, sum));
    if (sum[0] !== view.getUint32(at + 16) || sum[1] !== view.getUint32(at + 20)) break;
    pending.set(view.getUint32(at), content);
    if (view.getUint32(at + 4) === 0) continue;
    for (const [number, page] of pending) committed.set(number, page);
    pending.clear();
  }
  return committed;
}

type Sum = readonly [number, number];

function checksum(bytes: Uint8Array, littleEndian: boolean, start: Sum): Sum {
  const view = viewOf(bytes);
  let [first, second] = start;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0;
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0;
  }
  return [first, second];
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function damaged(why: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `a database of the source cannot be read: ${why}`,
    hint: "Stop the gateway that wrote it, copy its folder again, and import that.",
  });
}
