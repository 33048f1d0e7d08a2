/** Between the shell's strings and bytes. A string marked binary carries one byte a character. */

import type { FileContent } from "just-bash/browser";

export type Encoding = "utf8" | "utf-8" | "ascii" | "binary" | "base64" | "hex" | "latin1";

export function encodingOf(options: Encoding | { encoding?: Encoding | null } | undefined): Encoding {
  return (typeof options === "string" ? options : options?.encoding) ?? "utf8";
}

/** Always a copy. */
export function bytesFromContent(content: FileContent, encoding: Encoding): Uint8Array {
  if (typeof content !== "string") return content.slice();
  switch (encoding) {
    case "binary":
    case "latin1":
    case "ascii":
      return Uint8Array.from(content, (character) => character.charCodeAt(0));
    case "base64":
      return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    case "hex":
      return Uint8Array.from(content.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    default:
      return new TextEncoder().encode(content);
  }
}

export function textFromContent(bytes: Uint8Array, encoding: Encoding): string {
  switch (encoding) {
    case "binary":
    case "latin1":
    case "ascii":
      return latin1(bytes);
    case "base64":
      return btoa(latin1(bytes));
    case "hex":
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    default:
      return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 8_192)
    text += String.fromCharCode(...bytes.subarray(offset, offset + 8_192));
  return text;
}
