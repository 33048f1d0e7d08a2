/**
 * Text from outside: which conversations and files hold some, and which addresses it may have brought. It spreads the way
 * the model reads: page → conversation → files written there → conversations that read them. Pure.
 */

import type { FileChange } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";
import type { LogEntry } from "./log-entry.ts";
import { promptFiles } from "./prompt-files.ts";
import type { Tool } from "./tool.ts";

/** Host whose text came into this conversation last; undefined when none is in it. */
export function outsideOrigin(entries: readonly LogEntry[]): string | undefined {
  const last = entries.findLast((entry) => "untrustedFrom" in entry && entry.untrustedFrom !== undefined);
  return last && "untrustedFrom" in last ? last.untrustedFrom : undefined;
}

/**
 * All text in which an address counts as seen: what the owner typed, and what came straight from an address. Not the
 * results of other tools: the model decides what `bash` prints and what a file of its own says, so it could make any
 * address look seen.
 */
export function seenText(entries: readonly LogEntry[], tools: readonly Tool[]): string {
  const fetching = new Set(tools.filter((tool) => tool.contacts).map((tool) => tool.name));
  return entries
    .filter(
      (entry) =>
        entry.role === "user" ||
        (entry.role === "toolResult" && entry.untrustedFrom !== undefined && fetching.has(entry.toolName)),
    )
    .flatMap((entry) => entry.content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
    .join("\n");
}

/**
 * Marks the files that a call changed in a conversation with outside text. Files of the system prompt stay clean: the gate
 * has shown the owner what they will say.
 */
export function markChanges(changes: readonly FileChange[], outsideFrom: string | undefined): FileChange[] {
  const shown = new Set<string>(promptFiles.map((name) => name.toLowerCase()));
  return changes.map((change) => {
    if (shown.has(normalizePath(change.path).toLowerCase())) return { ...change, outsideFrom: undefined };
    return outsideFrom === undefined ? change : { ...change, outsideFrom };
  });
}
