/**
 * The approval gate. Pure: given a call and what the conversation holds, may it run, must a person say yes first, or
 * never? The model has no way to change these rules. `call-text.ts` makes what is shown and hashed.
 */

import type { FileChange } from "../storage/workspace.ts";
import { normalizePath } from "../storage/workspace-path.ts";
import { identityFiles, notebookFiles } from "./prompt-files.ts";
import { wasSeen } from "./seen-address.ts";
import type { Tool } from "./tool.ts";

export interface GateInput {
  tool: Tool;
  /** Parsed arguments. */
  args: unknown;
  /** Host whose text is in this conversation; undefined when none is. See `outsideOrigin`. */
  outsideFrom: string | undefined;
  /** Where an address counts as seen. See `seenText`. */
  seenText: () => string;
}

export type GateVerdict = { verdict: "allow" } | { verdict: "ask"; reason: string } | { verdict: "deny"; reason: string };

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
  if (address !== undefined && input.outsideFrom !== undefined && !wasSeen(address, input.seenText())) {
    return ask(
      `Text from ${input.outsideFrom} is in this conversation, and the assistant made up this address on ${hostOf(address)} itself: it could carry your data out.`,
    );
  }
  return gatePaths(tool.changedPaths?.(args) ?? [], input.outsideFrom);
}

/**
 * Judges the changes that a call came back with, before they are kept. `bash` says only afterwards what it would write;
 * paths that `gate` has judged already are not asked about again.
 */
export function gateChanges(changes: readonly FileChange[], input: GateInput): GateVerdict {
  const judged = new Set((input.tool.changedPaths?.(input.args) ?? []).map(plainPath));
  const others = changes.filter((change) => !judged.has(plainPath(change.path)));
  // A script may have brought outside text into this conversation by itself, out of a marked file.
  const outsideFrom = input.outsideFrom ?? others.find((change) => change.outsideFrom !== undefined)?.outsideFrom;
  return gatePaths(
    others.map((change) => change.path),
    outsideFrom,
  );
}

function gatePaths(paths: string[], outsideFrom: string | undefined): GateVerdict {
  const touched = new Set(paths.map(plainPath));
  const identity = identityFiles.filter((name) => touched.has(name.toLowerCase()));
  if (identity.length > 0) return ask(`It changes ${identity.join(", ")}, which every conversation starts from.`);
  const notebook = notebookFiles.filter((name) => touched.has(name.toLowerCase()));
  if (notebook.length > 0 && outsideFrom !== undefined) {
    return ask(
      `It changes ${notebook.join(", ")}, which every conversation starts from, while text from ${outsideFrom} is in this one.`,
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
