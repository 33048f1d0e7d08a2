/** Reads a text file of the workspace, in pages. Other files are named, never dumped. */

import * as z from "zod";
import { defineTool, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { mediaTypeOf, sizeText, textFromBytes } from "../storage/file-text.ts";
import type { Workspace } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";

const parameters = z.object({
  path: z.string(),
  offset: z.int().min(0).describe("First line, from 1").optional(),
  limit: z.int().min(1).describe("Number of lines").optional(),
});

type Args = z.infer<typeof parameters>;

/** One page; stays below the cap on tool text, so that the note at its end is never cut. */
const pageChars = 24_000;
const pageLines = 2_000;

export const read = defineTool<Args>({
  name: "read",
  description: "Read a text file of the workspace. Long files come in pages: go on with `offset`.",
  parameters,
  effect: () => "read",
  timeoutMs: 10_000,
  execute: (args, { workspace }) => withFailures(() => readPage(args, workspace)),
});

function readPage({ path: rawPath, offset: asked = 1, limit = pageLines }: Args, workspace: Workspace): ToolOutcome {
  // Models that count from 0 mean the start.
  const offset = Math.max(1, asked);
  const path = normalizePath(rawPath);
  const bytes = workspace.read(path);
  if (!bytes) return missing(path, workspace);
  const text = textFromBytes(bytes);
  if (text === undefined) {
    const kind = mediaTypeOf(bytes);
    return { text: `${path} is not text: ${kind}, ${sizeText(bytes.length)}. Its content is not shown.`, meta: kind };
  }
  if (text === "") return { text: `(${path} is empty)`, meta: "empty" };
  const lines = text.split("\n");
  // A final newline ends the last line; it does not begin another.
  if (lines.at(-1) === "") lines.pop();
  if (offset > lines.length) return failed(`${path} has ${lines.length} lines; line ${offset} is past its end.`);
  const page = takePage(lines, offset - 1, Math.min(limit, pageLines));
  const last = offset - 1 + page.count;
  const whole = page.count === lines.length && !page.cut;
  const note = whole
    ? ""
    : `\n[lines ${offset}-${last} of ${lines.length}${page.cut ? `; line ${last} is cut, it is longer than a page` : ""}${last < lines.length ? `; go on with offset ${last + 1}` : ""}]`;
  const meta = whole ? `${lines.length} lines` : `lines ${offset}-${last} of ${lines.length}`;
  return { text: page.text + note, meta, untrustedFrom: workspace.stat(path)?.outsideFrom };
}

/** As many whole lines as fit, at least one, which is cut when it alone is longer than a page. */
function takePage(lines: string[], from: number, limit: number): { text: string; count: number; cut: boolean } {
  const taken: string[] = [];
  let chars = 0;
  for (const line of lines.slice(from, from + limit)) {
    if (taken.length > 0 && chars + line.length + 1 > pageChars) break;
    taken.push(line.slice(0, pageChars));
    chars += line.length + 1;
  }
  return { text: taken.join("\n"), count: taken.length, cut: (taken[0] ?? "").length < (lines[from] ?? "").length };
}

function missing(path: string, workspace: Workspace): ToolOutcome {
  const inside = workspace.list(path);
  if (inside.length > 0) return failed(`${path} is a folder with ${inside.length} files; use \`ls\`.`);
  const name = path.split("/").at(-1)?.toLowerCase() ?? "";
  const similar = workspace
    .list()
    .filter((file) => file.path.toLowerCase().split("/").at(-1) === name)
    .slice(0, 5)
    .map((file) => file.path);
  return failed(`There is no file ${path}.${similar.length > 0 ? ` Did you mean ${similar.join(" or ")}?` : ""}`);
}
