/** Is this file text, and if not, what is it? Pure. */

/** The file as text, a leading byte order mark taken off; undefined when it is not UTF-8 text. */
export function textFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 65_536).includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

const signatures: readonly [type: string, offset: number, bytes: string][] = [
  ["image/png", 0, "\x89PNG"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 8, "WEBP"],
  ["application/pdf", 0, "%PDF-"],
  ["application/zip", 0, "PK\x03\x04"],
  ["application/gzip", 0, "\x1f\x8b"],
  ["audio/ogg", 0, "OggS"],
  ["audio/mpeg", 0, "ID3"],
  ["video/mp4", 4, "ftyp"],
  ["application/wasm", 0, "\0asm"],
  ["application/vnd.sqlite3", 0, "SQLite format 3\0"],
];

/** Media type told by the first bytes; `application/octet-stream` when unknown. */
export function mediaTypeOf(bytes: Uint8Array): string {
  const known = signatures.find(([, offset, text]) =>
    [...text].every((character, index) => bytes[offset + index] === character.charCodeAt(0)),
  );
  return known?.[0] ?? "application/octet-stream";
}

/** `812 bytes`, `12.3 KB`, `4.0 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
