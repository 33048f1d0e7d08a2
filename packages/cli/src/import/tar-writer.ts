/** A folder as a tar archive, file after file, so that no more than one piece of one file is in memory. It only reads. */

import { createReadStream, type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const blockBytes = 512;
/** What the assistant would leave out anyway need not travel. */
const unwantedFolders = new Set(["node_modules", ".git", "cache", ".cache", "tmp", ".npm", "logs", "log"]);

export interface Skipped {
  path: string;
  why: string;
}

/** Paths begin with `prefix`. Sorted; links and devices are told to `skip`, and so is what cannot be read. */
export async function* tarOf(
  folder: string,
  skip: (skipped: Skipped) => void,
  prefix = "",
): AsyncGenerator<Buffer, void, undefined> {
  for (const path of filesIn(folder, "", skip)) {
    const size = statSync(join(folder, path)).size;
    yield headerOf(prefix + path, size);
    let written = 0;
    try {
      // A file that grows meanwhile is taken as far as it was when its header was written.
      for await (const chunk of createReadStream(join(folder, path), size > 0 ? { end: size - 1 } : {})) {
        if (size === 0) break;
        written += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } catch (error) {
      skip({ path, why: (error as Error).message });
    }
    yield Buffer.alloc(size - written + ((blockBytes - (size % blockBytes)) % blockBytes));
  }
  yield Buffer.alloc(2 * blockBytes);
}

function* filesIn(root: string, folder: string, skip: (skipped: Skipped) => void): Generator<string, void, undefined> {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    skip({ path: folder, why: (error as Error).message });
    return;
  }
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!unwantedFolders.has(entry.name)) yield* filesIn(root, path, skip);
    } else if (entry.isFile()) yield path;
    else skip({ path, why: "a link or a device" });
  }
}

/** A pax record carries what the old header cannot: long names, names outside ASCII, sizes above 8 GiB. */
function headerOf(path: string, size: number): Buffer {
  const plain = block(Buffer.from(path).subarray(0, 100).toString("latin1"), Math.min(size, 0o77777777777), "0");
  if (/^[\x20-\x7e]{1,100}$/.test(path) && size <= 0o77777777777) return plain;
  const records = Buffer.from(paxRecord("path", path) + paxRecord("size", String(size)));
  const padding = Buffer.alloc((blockBytes - (records.length % blockBytes)) % blockBytes);
  return Buffer.concat([block("pax", records.length, "x"), records, padding, plain]);
}

/** Its first number counts the whole record, that number included. */
function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes + String(restBytes).length;
  if (restBytes + String(length).length !== length) length += 1;
  return `${length}${rest}`;
}

function block(name: string, size: number, type: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, "latin1");
  header.write("0000600\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
