/**
 * What a person is shown of a call, and the hash that binds it to what runs. Canonical: the same call always gives the
 * same text, two different calls never do, and nothing in it can hide, reorder or fake a line on the screen. Pure.
 */

import { hexFromBytes, sha256Hex } from "../platform/sha256.ts";
import type { FileChange } from "../storage/workspace.ts";

// Everything that prints as nothing, as a plain-looking space, or that changes the order of what is around it.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** SHA-256, lower-case hex, of the canonical call. */
export async function callHash(name: string, args: unknown): Promise<string> {
  return sha256Hex(new TextEncoder().encode(canonicalJson([name, args])));
}

/**
 * The whole call on one line, never cut: the tool's name and its arguments as canonical JSON. Line breaks, control,
 * direction-changing, invisible and look-alike space characters stand there as escapes (`\n`, `\u{202e}`).
 */
export function describeCall(name: string, args: unknown): string {
  return printable(`${name} ${canonicalJson(args)}`);
}

/** A change as a person reads it, whole: text as text, other bytes as hexadecimal, `null` for a deletion. Keyed by path. */
export function describeChanges(changes: readonly FileChange[]): Record<string, string | null> {
  return Object.fromEntries(changes.map((change) => [change.path, change.content === null ? null : contentText(change.content)]));
}

/** JSON with sorted keys and no spaces. Keys that are undefined are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${members.join(",")}}`;
}

function printable(text: string): string {
  return text.replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function contentText(content: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    if (!text.includes("\0")) return text;
  } catch {
    // Not text: shown byte by byte.
  }
  return `hex:${hexFromBytes(content)}`;
}
