/** The tar archives that travel to and from an assistant: what is imported, exported and downloaded. Headers only; content is the caller's. */

export const tarBlockBytes = 512;
const largestPlainSize = 0o77777777777;

export interface TarHeaderFacts {
  path: string;
  sizeBytes: number;
  /** Permissions; the default is the owner's alone. */
  mode?: number;
  /** Epoch milliseconds. */
  changedAt?: number;
}

/** What stands before a file's content. A pax record carries what the old header cannot: long names, others than ASCII, huge sizes. */
export function tarHeader(facts: TarHeaderFacts): Uint8Array<ArrayBuffer> {
  const { path, sizeBytes } = facts;
  if (/^[\x20-\x7e]{1,100}$/.test(path) && sizeBytes <= largestPlainSize) return header(facts, path, sizeBytes, "0");
  const records = new TextEncoder().encode(paxRecord("path", path) + paxRecord("size", String(sizeBytes)));
  return joined([
    header(facts, "pax", records.length, "x"),
    records,
    tarPadding(records.length),
    header(facts, "file", Math.min(sizeBytes, largestPlainSize), "0"),
  ]);
}

/** What follows a file's content. */
export const tarPadding = (sizeBytes: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes);

export const tarEnd = (): Uint8Array<ArrayBuffer> => new Uint8Array(2 * tarBlockBytes);

/** Its first number counts the whole record, that number included. */
function paxRecord(name: string, value: string): string {
  const rest = new TextEncoder().encode(` ${name}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${length} ${name}=${value}\n`;
}

function header({ mode = 0o600, changedAt = 0 }: TarHeaderFacts, name: string, size: number, type: string) {
  const block = new Uint8Array(tarBlockBytes);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  put(name, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(Math.floor(changedAt / 1_000), 11), 136);
  put("        ", 148);
  put(type, 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** The parts in order, as bytes of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
