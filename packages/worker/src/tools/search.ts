/**
 * Searches text files of the workspace line by line. Patterns run on a linear-time engine, in small slices with a turn of
 * the event loop between them, so that no pattern and no file can hold up the assistant.
 */

import * as z from "zod";
import { defineTool, type ToolContext, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { textFromBytes } from "../storage/file-text.ts";
import { normalizeFolder } from "../storage/workspace-path.ts";

const parameters = z.object({
  query: z.string().min(1).max(1_000),
  path: z.string().describe("Folder or file").optional(),
  regex: z.boolean().describe("RE2 syntax, by line").optional(),
  ignoreCase: z.boolean().optional(),
});

type Args = z.infer<typeof parameters>;
type LineTest = (line: string) => boolean;

const maxMatches = 200;
const maxLineChars = 300;
const maxScannedBytes = 50_000_000;
const maxSearchMs = 8_000;
/** Longer lines are tested piece by piece, so that one test stays short. */
const pieceChars = 4_096;

export const search = defineTool<Args>({
  name: "search",
  description: "Search the workspace's files; gives `path:line: text`.",
  parameters,
  effect: () => "read",
  timeoutMs: 20_000,
  execute: (args, context) => withFailures(() => searchFiles(args, context)),
});

async function searchFiles(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const { workspace } = context;
  const folder = normalizeFolder(args.path ?? "");
  const single = folder === "" ? undefined : workspace.stat(folder);
  const files = single ? [single] : workspace.list(folder);
  if (files.length === 0)
    return folder === ""
      ? { text: "The workspace is empty.", meta: "0 matches" }
      : failed(`There is no file or folder ${folder}.`);
  const test = await lineTest(args);
  if (typeof test === "string") return failed(test);
  const pace = createPace(context);
  const found: string[] = [];
  let scannedBytes = 0;
  let note = "";
  let untrustedFrom: string | undefined;
  for (const file of files) {
    if (scannedBytes + file.sizeBytes > maxScannedBytes) {
      note = `[stopped after ${Math.round(scannedBytes / 1e6)} MB; name a folder to search the rest]`;
      break;
    }
    scannedBytes += file.sizeBytes;
    const text = textFromBytes(workspace.read(file.path) ?? new Uint8Array());
    if (text === undefined) continue;
    const before = found.length;
    note = await searchText(file.path, text, { test, pace, found });
    if (found.length > before) untrustedFrom ??= file.outsideFrom;
    if (note !== "") break;
  }
  const rows = note === "" ? found : [...found, note];
  return {
    text: rows.join("\n") || "No matches.",
    untrustedFrom,
    meta: `${found.length}${note === "" ? "" : "+"} ${found.length === 1 ? "match" : "matches"}`,
  };
}

/** Adds matching lines to `found`. Returns why it stopped early, or an empty text. */
async function searchText(
  path: string,
  text: string,
  { test, pace, found }: { test: LineTest; pace: Pace; found: string[] },
): Promise<string> {
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    let matched = false;
    for (let at = 0; at === 0 || (at < line.length && !matched); at += pieceChars) {
      const piece = line.slice(at, at + pieceChars);
      matched = test(piece);
      if (await pace.spent(piece.length + 1))
        return `[stopped after ${maxSearchMs / 1_000} s; use a simpler pattern or name a folder]`;
    }
    if (!matched) continue;
    if (found.length === maxMatches) return `[more than ${maxMatches} matches; narrow the search]`;
    found.push(`${path}:${number}: ${line.length > maxLineChars ? `${line.slice(0, maxLineChars)} …` : line.trimEnd()}`);
  }
  return "";
}

/** The test of one line; or why the pattern is not valid. */
async function lineTest({ query, regex = false, ignoreCase = false }: Args): Promise<LineTest | string> {
  if (!regex) {
    if (!ignoreCase) return (line) => line.includes(query);
    const wanted = query.toLowerCase();
    return (line) => line.toLowerCase().includes(wanted);
  }
  const { RE2JS, RE2JSException } = await import("re2js");
  try {
    const pattern = RE2JS.compile(query, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return (line) => pattern.matcher(line).find();
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `The pattern is not valid: ${error.message}. Look-around and back-references are not supported.`;
  }
}

interface Pace {
  /** Counts characters tested; true when the time is over. Rejects when the call was aborted. */
  spent(chars: number): Promise<boolean>;
}

/**
 * The clock stands still while code runs, so time can only be read after a turn of the event loop. Slices grow while they
 * prove cheap and shrink when they do not.
 */
function createPace({ clock, signal }: ToolContext): Pace {
  const startedAt = clock.now();
  let sliceChars = pieceChars;
  let left = sliceChars;
  let sliceStartedAt = startedAt;
  return {
    spent: async (chars) => {
      left -= chars;
      if (left > 0) return false;
      await clock.sleep(0, signal);
      const now = clock.now();
      sliceChars = now - sliceStartedAt < 10 ? Math.min(sliceChars * 2, 65_536) : Math.max(sliceChars >> 1, pieceChars);
      left = sliceChars;
      sliceStartedAt = now;
      return now - startedAt > maxSearchMs;
    },
  };
}
