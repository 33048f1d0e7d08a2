/**
 * Reads a tar archive (ustar, pax, GNU long names) entry by entry from a stream, so that an archive of any size passes through
 * a small memory. Links and devices are named, never followed.
 */

import { MoltError } from "@moltworker/protocol/errors";

export interface TarEntry {
  /** As written, without leading `./` or `/`. */
  path: string;
  kind: "file" | "folder" | "link" | "other";
  sizeBytes: number;
  /** The content; call it at most once, before the next entry is asked for. Skipped content costs no memory. */
  bytes(): Promise<Uint8Array>;
}

const blockBytes = 512;
/** A header extension (pax record, long name) is a name, not a file. */
const maxExtensionBytes = 65_536;

/** Throws INVALID_REQUEST when it is no tar archive or ends in the middle of an entry. */
export async function* readTar(stream: ReadableStream<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const source = new ByteSource(stream);
  let extended: Record<string, string> = {};
  for (;;) {
    const header = await source.take(blockBytes, true);
    if (!header || header.every((byte) => byte === 0)) return;
    if (!checksumHolds(header)) throw broken("a header's checksum is wrong");
    const type = String.fromCharCode(header[156] || 48);
    const declared = numberAt(header, 124, 12);
    if (type === "x" || type === "g" || type === "L") {
      if (declared > maxExtensionBytes) throw broken("a header extension is too large");
      const text = new TextDecoder().decode(await source.need(declared));
      await source.skip(padding(declared));
      if (type === "L") extended = { ...extended, path: text.replace(/\0.*$/s, "") };
      if (type === "x") extended = { ...extended, ...paxRecords(text) };
      continue;
    }
    const sizeBytes = extended.size === undefined ? declared : Number(extended.size);
    const path = extended.path ?? pathIn(header);
    extended = {};
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw broken("an entry's size is no number");
    let left = kindOf(type) === "file" ? sizeBytes : 0;
    yield {
      path: path.replace(/^(\.?\/)+/, ""),
      kind: kindOf(type),
      sizeBytes: left,
      async bytes() {
        const content = await source.need(left);
        left = 0;
        return content;
      },
    };
    const whole = kindOf(type) === "file" ? sizeBytes : 0;
    await source.skip(left + padding(whole));
  }
}

/** Bytes of a stream, as many at a time as are asked for. */
class ByteSource {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader();
  }

  /** Undefined at the very end when `atEnd` allows it. */
  async take(count: number, atEnd: boolean): Promise<Uint8Array | undefined> {
    const whole = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.rest.length === 0) {
        const { done, value } = await this.reader.read();
        if (done) {
          if (filled === 0 && atEnd) return undefined;
          throw broken("it ends in the middle");
        }
        this.rest = value;
      }
      const part = this.rest.subarray(0, count - filled);
      whole.set(part, filled);
      filled += part.length;
      this.rest = this.rest.subarray(part.length);
    }
    return whole;
  }

  async need(count: number): Promise<Uint8Array> {
    return (await this.take(count, false)) as Uint8Array;
  }

  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      if (this.rest.length === 0) {
        const { done, value } = await this.reader.read();
        if (done) throw broken("it ends in the middle");
        this.rest = value;
      }
      const part = Math.min(left, this.rest.length);
      this.rest = this.rest.subarray(part);
      left -= part;
    }
  }
}

const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

function kindOf(type: string): TarEntry["kind"] {
  if (type === "0" || type === "7") return "file";
  if (type === "5") return "folder";
  return type === "1" || type === "2" ? "link" : "other";
}

function textAt(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 when the first bit is set (files above 8 GiB). */
function numberAt(header: Uint8Array, at: number, length: number): number {
  if ((header[at] ?? 0) & 0x80)
    return header.subarray(at + 1, at + length).reduce((number, byte) => number * 256 + byte, (header[at] as number) & 0x7f);
  const digits = textAt(header, at, length).trim();
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function pathIn(header: Uint8Array): string {
  const prefix = textAt(header, 257, 5) === "ustar" ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function checksumHolds(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return sum === numberAt(header, 148, 8);
}

/** `<length> <key>=<value>\n`, as often as there are keys; lengths count bytes, and names may hold any character. */
function paxRecords(text: string): Record<string, string> {
  const records: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^\d+ ([^=]+)=(.*)$/s.exec(line);
    if (match?.[1] === "path" || match?.[1] === "size") records[match[1]] = match[2] ?? "";
  }
  return records;
}

function broken(why: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `the archive cannot be read: ${why}`,
    hint: "Send a tar or tar.gz of the whole folder, or let `moltworker import <folder>` make it.",
  });
}
