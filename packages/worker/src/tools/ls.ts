/** Lists files of the workspace without reading them. */

import * as z from "zod";
import { defineTool, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { sizeText } from "../storage/file-text.ts";
import type { FileStat, Workspace } from "../storage/workspace.ts";
import { normalizeFolder } from "../storage/workspace-path.ts";

const parameters = z.object({
  path: z.string().describe("Folder; default: all").optional(),
  recursive: z.boolean().optional(),
});

type Args = z.infer<typeof parameters>;

const maxRows = 500;

export const ls = defineTool<Args>({
  name: "ls",
  description: "List files and folders of the workspace.",
  parameters,
  effect: () => "read",
  timeoutMs: 10_000,
  execute: (args, { workspace }) => withFailures(() => list(args, workspace)),
});

function list({ path = "", recursive = false }: Args, workspace: Workspace): ToolOutcome {
  const folder = normalizeFolder(path);
  const files = workspace.list(folder);
  if (files.length === 0) {
    const file = folder === "" ? undefined : workspace.stat(folder);
    if (file) return { text: fileRow(file, file.path), meta: "1 file" };
    return folder === "" ? { text: "The workspace is empty.", meta: "empty" } : failed(`There is no file or folder ${folder}.`);
  }
  const start = folder === "" ? 0 : folder.length + 1;
  const rows = recursive ? files.map((file) => fileRow(file, file.path.slice(start))) : oneLevel(files, start);
  const more = rows.length > maxRows ? [`[${rows.length - maxRows} more; list a folder inside]`] : [];
  return {
    text: [...rows.slice(0, maxRows), ...more].join("\n"),
    meta: `${files.length} ${files.length === 1 ? "file" : "files"}`,
  };
}

function oneLevel(files: FileStat[], start: number): string[] {
  const folders = new Map<string, number>();
  const rows: string[] = [];
  for (const file of files) {
    const name = file.path.slice(start);
    const slash = name.indexOf("/");
    if (slash === -1) rows.push(fileRow(file, name));
    else folders.set(name.slice(0, slash), (folders.get(name.slice(0, slash)) ?? 0) + 1);
  }
  return [...[...folders].map(([name, count]) => `${name}/  ${count} ${count === 1 ? "file" : "files"}`), ...rows];
}

function fileRow(file: FileStat, name: string): string {
  return `${name}  ${sizeText(file.sizeBytes)}  ${new Date(file.updatedAt).toISOString().slice(0, 16).replace("T", " ")}`;
}
