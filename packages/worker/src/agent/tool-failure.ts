/** How a tool says that something went wrong: as a result the model can act on, never as a throw. Pure. */

import { isMoltError } from "@moltworker/protocol/errors";
import type { ToolOutcome } from "./tool.ts";

/** A result that says what was wrong and what to do instead. */
export function failed(text: string, meta = "failed"): ToolOutcome {
  return { text, isError: true, meta };
}

/** Runs a tool's work; a MoltError (bad path, blocked address …) becomes a result. Other throws are faults of ours and pass on. */
export async function withFailures(work: () => ToolOutcome | Promise<ToolOutcome>): Promise<ToolOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!isMoltError(error) || error.code === "ABORTED" || error.code === "SUSPENDED") throw error;
    return failed(`${error.message}. ${error.hint}`);
  }
}
