/** Bytes of a web answer as text, in the character set that it names. Pure. */

/** undefined when the bytes are not text. Broken characters are replaced, an unknown character set is read as UTF-8. */
export function decodeBody(bytes: Uint8Array, contentType: string): string | undefined {
  const label = charsetOf(contentType) ?? markedCharset(bytes) ?? metaCharset(bytes) ?? "utf-8";
  if (!/^utf-?16/i.test(label) && bytes.subarray(0, 4_096).includes(0)) return undefined;
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function charsetOf(contentType: string): string | undefined {
  return /charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1];
}

function markedCharset(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

function metaCharset(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 2_048));
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)/i.exec(start)?.[1];
}
