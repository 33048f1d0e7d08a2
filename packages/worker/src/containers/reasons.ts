/** Why a container ended or could not start: one sentence of cause, one of cure, and the facts. */

import type { ContainerReason } from "@moltworker/protocol/containers";
import { type ErrorCode, MoltError } from "@moltworker/protocol/errors";
import type { ExitFacts } from "./container-host.ts";
import type { ContainerSpec } from "./container-spec.ts";

/** What the runtime's words alone tell, where nobody can look at the container itself. */
export function factsFromWords(words: string | undefined): Pick<ExitFacts, "exitCode" | "outOfMemory" | "error" | "lines"> {
  const code = /exit code:? (\d+)/.exec(words ?? "")?.[1];
  return {
    exitCode: code === undefined ? (words === undefined ? 0 : null) : Number(code),
    outOfMemory: false,
    error: words ?? "",
    lines: [],
  };
}

export function reasonOf(
  facts: Pick<ExitFacts, "exitCode" | "outOfMemory" | "error" | "lines">,
  spec: ContainerSpec | null,
  at: number,
): ContainerReason {
  const { exitCode, outOfMemory, lines } = facts;
  return { ...wordsFor(facts, spec), exitCode, outOfMemory, lines, at };
}

export function reasonFromError(error: MoltError, at: number, lines: string[] = []): ContainerReason {
  return { code: error.code, cause: error.message, cure: error.hint, exitCode: null, outOfMemory: false, lines, at };
}

export function errorFromReason({ code, cause, cure, exitCode, outOfMemory, lines }: ContainerReason): MoltError {
  return new MoltError(code as ErrorCode, {
    message: cause,
    hint: cure,
    details: { exitCode, outOfMemory, lines: lines.slice(-10) },
  });
}

/** How a cause begins where the engine, not the program inside, failed. */
export const couldNotStart = "the container could not be started";

function wordsFor(
  { exitCode, outOfMemory, error, lines }: Pick<ExitFacts, "exitCode" | "outOfMemory" | "error" | "lines">,
  spec: ContainerSpec | null,
): { code: ErrorCode; cause: string; cure: string } {
  const code = "CONTAINER_FAILED";
  const logs = "Read its last lines with `moltworker containers logs`; the next use starts it again.";
  if (outOfMemory)
    return {
      code,
      cause: `the container ran out of memory (${spec?.limits.memoryMiB ?? "?"} MiB)`,
      cure: "Give it less to do at once, or raise its memory under Settings, Containers.",
    };
  if (error && exitCode === null) return { code, cause: `${couldNotStart}: ${error.slice(0, 200)}`, cure: logs };
  if (exitCode === 75)
    return {
      code,
      cause: "the container ended because nobody asked for it any more",
      cure: "Nothing needs doing: the next use starts it again.",
    };
  if (exitCode !== null && exitCode > 128)
    return { code, cause: `the container was ended by signal ${exitCode - 128}${lastOf(lines)}`, cure: logs };
  return { code, cause: `the container ended with exit code ${exitCode ?? "unknown"}${lastOf(lines)}`, cure: logs };
}

function lastOf(lines: string[]): string {
  const last = lines.findLast((line) => line.trim() !== "");
  return last ? `: ${last.trim().slice(0, 160)}` : "";
}
