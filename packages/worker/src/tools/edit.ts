/** Replaces exact text in a file of the workspace. Refuses to guess: the text must be there once, or `replaceAll` be given. */

import * as z from "zod";
import { defineTool, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { textFromBytes } from "../storage/file-text.ts";
import type { Workspace } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";

const parameters = z.object({
  path: z.string(),
  oldText: z.string().describe("Exact text, unique in the file"),
  newText: z.string(),
  replaceAll: z.boolean().optional(),
});

type Args = z.infer<typeof parameters>;

export const edit = defineTool<Args>({
  name: "edit",
  description: "Replace exact text in a file.",
  parameters,
  effect: () => "idempotent",
  changedPaths: ({ path }) => [path],
  timeoutMs: 10_000,
  execute: (args, { workspace }) => withFailures(() => replace(args, workspace)),
});

function replace({ path: rawPath, oldText, newText, replaceAll = false }: Args, workspace: Workspace): ToolOutcome {
  const path = normalizePath(rawPath);
  const stat = workspace.stat(path);
  const bytes = workspace.read(path);
  if (!stat || !bytes) return failed(`There is no file ${path}. Create it with \`write\`.`);
  const text = textFromBytes(bytes);
  if (text === undefined) return failed(`${path} is not a text file.`);
  if (oldText === "") return failed("oldText is empty. Give the text to replace; to write a whole file use `write`.");
  if (oldText === newText) return failed("oldText and newText are the same; nothing would change.");
  const { wanted, replacement } = withLineEndings(text, oldText, newText);
  const places = placesOf(wanted, text);
  if (places.length === 0) return { ...failed(notFound(path, text, oldText)), untrustedFrom: stat.outsideFrom };
  if (places.length > 1 && !replaceAll) {
    const lines = places.slice(0, 10).map((place) => lineOf(text, place));
    return failed(
      `oldText is in ${path} ${places.length} times (lines ${lines.join(", ")}${places.length > 10 ? ", …" : ""}). Add lines around it to make it unique, or set replaceAll.`,
    );
  }
  // A leading byte order mark was taken off for matching and goes back.
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? "\ufeff" : "";
  const content = new TextEncoder().encode(mark + text.split(wanted).join(replacement));
  const times = places.length === 1 ? `line ${lineOf(text, places[0] ?? 0)}` : `${places.length} places`;
  return {
    text: `Edited ${path} (${times}).`,
    changes: [{ path, content, baseRevision: stat.revision, outsideFrom: stat.outsideFrom }],
    meta: times,
  };
}

/** Models write `\n`; a file with Windows line endings is matched and kept in its own. */
function withLineEndings(text: string, oldText: string, newText: string): { wanted: string; replacement: string } {
  if (text.includes(oldText) || !text.includes("\r\n") || oldText.includes("\r\n"))
    return { wanted: oldText, replacement: newText };
  const windows = (part: string) => part.replace(/\r?\n/g, "\r\n");
  return { wanted: windows(oldText), replacement: windows(newText) };
}

function placesOf(wanted: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}

function lineOf(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** Says where the text almost is: the usual causes are indentation and quoting from memory. */
function notFound(path: string, text: string, oldText: string): string {
  const squeeze = (line: string) => line.trim().replace(/\s+/g, " ");
  const lines = text.split("\n");
  const first = oldText.split("\n").find((line) => squeeze(line) !== "") ?? "";
  const near = squeeze(first) === "" ? -1 : lines.findIndex((line) => squeeze(line).includes(squeeze(first)));
  if (near === -1) return `oldText is not in ${path}. Read the file and copy the text exactly.`;
  const shown = lines
    .slice(near, near + Math.min(oldText.split("\n").length, 5))
    .join("\n")
    .slice(0, 1_000);
  return `oldText is not in ${path} exactly as given. Close to it, from line ${near + 1}:\n${shown}`;
}
