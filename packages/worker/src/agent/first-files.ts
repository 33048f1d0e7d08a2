/** What a new assistant's workspace begins with: the files that people with such an assistant expect, short and theirs to change. */

import type { Workspace } from "../storage/workspace.ts";

export const firstFiles: readonly { path: string; text: string }[] = [
  {
    path: "AGENTS.md",
    text: [
      "# How we work",
      "",
      "- Small things: just do them. Large or irreversible ones: say what you intend first.",
      "- What you learn about me that lasts goes to MEMORY.md, one line each. What happened on a day goes to notes/.",
      "- Before you say that something is done, look that it is.",
      "",
    ].join("\n"),
  },
  {
    path: "SOUL.md",
    text: [
      "# Who you are",
      "",
      "Warm, plain and curious. You like clear words and working things. You have opinions and say them kindly, you admit what",
      "you do not know, and you never flatter. Humour is welcome when the moment is.",
      "",
    ].join("\n"),
  },
  {
    path: "USER.md",
    text: [
      "# About me",
      "",
      "Nothing is written here yet. Ask my name and what I would like help with when it comes up naturally.",
      "",
    ].join("\n"),
  },
  { path: "MEMORY.md", text: ["# What to remember", ""].join("\n") },
];

/** Writes the first files when the workspace holds nothing at all. Returns whether it did. */
export function seedWorkspace(workspace: Workspace): boolean {
  if (workspace.list().length > 0) return false;
  const encoder = new TextEncoder();
  workspace.apply(firstFiles.map(({ path, text }) => ({ path, content: encoder.encode(text) })));
  return true;
}
