/**
 * The approval gate. Pure: given a call and what the conversation holds, may it run, must a person say yes first, or
 * never? The model has no way to change these rules. `call-text.ts` makes what is shown and hashed.
 */

import type { FileChange } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";
import { wasSeen } from "./seen-address.ts";
import type { Tool } from "./tool.ts";

export interface GateInput {
  tool: Tool;
  /** Parsed arguments. */
  args: unknown;
  /** Outside text is in this conversation. */
  untrusted: boolean;
  /**
   * Everything the owner typed, and every tool result that came from outside (`untrustedFrom` set). Not other results:
   * the model writes those itself (`bash: echo https://…`), and an address of its own making must not count as seen.
   */
  seenText: () => string;
}

export type GateVerdict = { verdict: "allow" } | { verdict: "ask"; reason: string } | { verdict: "deny"; reason: string };

/** Files that say who the assistant is and whom it serves: a change always asks. */
export const identityFiles = ["AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md"] as const;

/** Files that enter the system prompt too, and that the assistant keeps up by itself unless outside text could steer it. */
export const notebookFiles = ["MEMORY.md", "TOOLS.md"] as const;

const allow: GateVerdict = { verdict: "allow" };
const ask = (reason: string): GateVerdict => ({ verdict: "ask", reason });

/** Judges a call before it runs. */
export function gate(input: GateInput): GateVerdict {
  const { tool, args } = input;
  if (tool.effect(args) === "external") {
    const address = tool.contacts?.(args);
    return ask(address === undefined ? "It acts on the outside world." : `It sends data to ${hostOf(address)}.`);
  }
  const address = tool.contacts?.(args);
  if (address !== undefined && input.untrusted && !wasSeen(address, input.seenText())) {
    return ask(
      `Outside text is in this conversation, and the assistant made up this address on ${hostOf(address)} itself: it could carry your data out.`,
    );
  }
  return gatePaths(tool.changedPaths?.(args) ?? [], input.untrusted);
}

/**
 * Judges the changes that a call came back with, before they are kept. `bash` says only afterwards what it would write;
 * paths that `gate` has judged already are not asked about again.
 */
export function gateChanges(changes: readonly FileChange[], input: GateInput): GateVerdict {
  const judged = new Set((input.tool.changedPaths?.(input.args) ?? []).map(plainPath));
  return gatePaths(
    changes.map((change) => change.path).filter((path) => !judged.has(plainPath(path))),
    input.untrusted,
  );
}

function gatePaths(paths: string[], untrusted: boolean): GateVerdict {
  const touched = new Set(paths.map(plainPath));
  const identity = identityFiles.filter((name) => touched.has(name.toLowerCase()));
  if (identity.length > 0) return ask(`It changes ${identity.join(", ")}, which every conversation starts from.`);
  const notebook = notebookFiles.filter((name) => touched.has(name.toLowerCase()));
  if (notebook.length > 0 && untrusted) {
    return ask(
      `It changes ${notebook.join(", ")}, which every conversation starts from, while outside text is in this conversation.`,
    );
  }
  return allow;
}

/** Letter case is ignored, so that a look-alike asks once too often rather than once too few. A path that is no path matches nothing. */
function plainPath(path: string): string {
  try {
    return normalizePath(path).toLowerCase();
  } catch {
    return "";
  }
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return "an address that is not valid";
  }
}
