/** A script in the sandbox: what the model reads of it, and how its end is put into words. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ToolContext, ToolOutcome } from "../../agent/tool.ts";
import { failed } from "../../agent/tool-failure.ts";
import type { SandboxEnd, SandboxResult } from "../../containers/sandbox/sandbox.ts";

/** The longest that a call waits; the command itself is ended a little earlier, so that its output is not lost. */
export const sandboxMs = 660_000;
const commandMs = 600_000;
const backgroundMs = 6 * 3_600_000;

export async function inSandbox(command: string, context: ToolContext): Promise<ToolOutcome> {
  const { sandbox, signal, onUpdate } = context;
  let result: SandboxResult;
  try {
    result = await sandbox.run({ command, timeoutMs: commandMs, signal, onUpdate });
  } catch (error) {
    return refusedStart(error);
  }
  const { text, changes, notes, generation, exitCode, unsaved } = result;
  const words = endWords(result);
  if (unsaved !== undefined)
    words.push(`it ran, and no file that it changed was saved: ${unsaved}. The next command starts from the files as they were.`);
  const shown = [text.trimEnd(), ...words, ...notes, `[in the sandbox, generation ${generation}]`].filter((part) => part !== "");
  const changed = changes.length === 0 ? "" : `, ${changes.length} ${changes.length === 1 ? "file" : "files"} changed`;
  const outcome: ToolOutcome = {
    text: shown.join("\n"),
    changes,
    meta: `${exitCode === null ? "ended" : `exit ${exitCode}`}${changed} · in the sandbox`,
    // What came over the network is somebody else's text.
    ...(sandbox.hasNetwork() ? { untrustedFrom: "the sandbox's network" } : {}),
  };
  const isDone = unsaved === undefined && (exitCode === 0 || changes.length > 0);
  return isDone ? outcome : { ...outcome, isError: true };
}

export async function startInSandbox(command: string, { sandbox, signal }: ToolContext): Promise<ToolOutcome> {
  try {
    const { id, generation } = await sandbox.startJob({ command, timeoutMs: backgroundMs, signal });
    return {
      text: `Started ${id} in the sandbox (generation ${generation}). Read it with \`jobs\`.`,
      meta: `${id} · in the sandbox`,
    };
  } catch (error) {
    return refusedStart(error);
  }
}

/** A start that failed did nothing, and may be told as it is; a command that was cut has an outcome that nobody knows. */
function refusedStart(error: unknown): ToolOutcome {
  if (!(error instanceof MoltError) || error.code === "CONTAINER_STALE") throw error;
  return failed(`The sandbox did not do it: ${error.message}. ${error.hint}`);
}

function endWords({ exitCode, signal, killed, outOfMemory, error }: Partial<SandboxEnd>): string[] {
  const words: string[] = [];
  if (error) words.push(`it could not be started: ${error}`);
  if (outOfMemory) words.push("the sandbox ran out of memory, and the largest process was ended");
  if (killed) words.push(`it was ended because ${killed}`);
  else if (signal) words.push(`it was ended by ${signal}`);
  if (typeof exitCode === "number" && exitCode !== 0) words.push(`exit code ${exitCode}`);
  return words;
}
