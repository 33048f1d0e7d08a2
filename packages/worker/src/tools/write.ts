/** Writes a whole text file of the workspace, new or not. */

import * as z from "zod";
import { defineTool } from "../agent/tool.ts";
import { withFailures } from "../agent/tool-failure.ts";
import { sizeText } from "../storage/file-text.ts";
import { normalizePath } from "../storage/workspace-path.ts";

const parameters = z.object({ path: z.string(), content: z.string() });

type Args = z.infer<typeof parameters>;

export const write = defineTool<Args>({
  name: "write",
  description: "Write a whole file; replaces what was there. Folders are made. To change a part, use `edit`.",
  parameters,
  effect: () => "idempotent",
  changedPaths: ({ path }) => [path],
  timeoutMs: 10_000,
  execute: ({ path: rawPath, content }, { workspace }) =>
    withFailures(() => {
      const path = normalizePath(rawPath);
      const bytes = new TextEncoder().encode(content);
      const verb = workspace.stat(path) ? "Replaced" : "Created";
      return {
        text: `${verb} ${path} (${sizeText(bytes.length)}).`,
        changes: [{ path, content: bytes }],
        meta: sizeText(bytes.length),
      };
    }),
});
