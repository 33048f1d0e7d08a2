/**
 * One spelling for each file of the workspace. Every path that comes from outside (model, person, archive) passes here
 * first, so no two spellings reach the same file and none leaves the tree.
 */

import { MoltError } from "@moltworker/protocol/errors";

/** Where the tree stands for tools that think in absolute paths (`bash`, and models that name files like it does). */
export const workspaceRoot = "/workspace";

const maxPathBytes = 512;
const maxPathDepth = 32;

const encoder = new TextEncoder();

// Control characters, line separators and every invisible or direction-changing character: a person must see the path that is meant.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

function refuse(path: string, why: string): never {
  throw new MoltError("INVALID_REQUEST", {
    message: `path ${JSON.stringify(path.slice(0, 120))} ${why}`,
    hint: "Use a path inside the workspace, like `notes/today.md`.",
  });
}

/**
 * Normalised folder or file path: NFC, relative, `/`-separated, no empty, `.` or `..` segments. `""` is the root.
 * A leading `/workspace`, `/`, `~/` or `./` is taken off. Throws INVALID_REQUEST for everything that is not plainly inside.
 */
export function normalizeFolder(raw: string): string {
  if (!raw.isWellFormed()) refuse(raw.toWellFormed(), "is not valid Unicode");
  if (raw.includes("\\")) refuse(raw, "contains a backslash; folders are separated by `/`");
  if (unprintable.test(raw)) refuse(raw, "contains a control or invisible character");
  const text = raw.normalize("NFC");
  const segments = text.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (text.startsWith("/") && `/${segments[0]}` === workspaceRoot) segments.shift();
  else if (segments[0] === "~" && text.startsWith("~")) segments.shift();
  if (segments.includes("..")) refuse(raw, "contains `..`, which could leave the workspace");
  if (segments.length > maxPathDepth) refuse(raw, `is deeper than ${maxPathDepth} folders`);
  const path = segments.join("/");
  if (encoder.encode(path).length > maxPathBytes) refuse(raw, `is longer than ${maxPathBytes} bytes`);
  return path;
}

/** Like `normalizeFolder`, and never the root. */
export function normalizePath(raw: string): string {
  const path = normalizeFolder(raw);
  if (path === "") refuse(raw, "names no file");
  return path;
}

/** The first and one-past-the-last key of everything below a folder in byte order; `0` follows `/`. */
export function folderRange(folder: string): [from: string, to: string] {
  return folder === "" ? ["", "\u{10FFFF}"] : [`${folder}/`, `${folder}0`];
}
