/** Hashes, randomness and comparison of secrets. Only digests are ever compared or stored. */

import { sha256Hex } from "../platform/sha256.ts";

/** Lower-case hex SHA-256 of the UTF-8 text. */
export async function digest(text: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(text));
}

/** Constant-time comparison of two digests: every character is looked at, whatever the first difference. */
export function sameDigest(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1)
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index % right.length || 0);
  return difference === 0;
}

/** Base64url without padding. 32 bytes give 43 characters. */
export function randomSecret(bytes = 32): string {
  return base64UrlFromBytes(crypto.getRandomValues(new Uint8Array(bytes)));
}

export function base64UrlFromBytes(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** undefined when the text is not base64url (or plain base64). */
export function bytesFromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w+/-]*={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/").replaceAll("=", "")), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
