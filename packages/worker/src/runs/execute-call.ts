/** Starts one tool under its deadline. The ledger says `started` before it begins. */

import type { Tool, ToolOutcome } from "../agent/tool.ts";
import type { RunContext } from "./run-context.ts";
import type { LedgerCall } from "./tool-ledger.ts";

interface Execution {
  outcome: ToolOutcome;
  state: "done" | "unknown";
}

export async function executeCall(context: RunContext, call: LedgerCall, tool: Tool, args: unknown): Promise<Execution> {
  const { run, ledger, workspace, egress, sandbox, clock, events, signal, log } = context;
  signal.throwIfAborted();
  const effect = tool.effect(args);
  ledger.start(call.id, effect);
  const timeoutMs = tool.timeoutFor?.(args) ?? tool.timeoutMs;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error("deadline")), timeoutMs);
  const both = AbortSignal.any([signal, deadline.signal]);
  try {
    const outcome = await Promise.race([
      tool.execute(args, {
        workspace,
        egress,
        sandbox,
        clock,
        sessionKey: run.session_key,
        runId: run.id,
        toolCallId: call.call_id,
        signal: both,
        onUpdate: (text) =>
          events.agentLive({ stream: "tool", data: { phase: "update", name: call.name, toolCallId: call.call_id, meta: text } }),
      }),
      rejectOnAbort(both),
    ]);
    return { outcome, state: "done" };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const known = effect !== "external";
    if (deadline.signal.aborted) {
      const text = `The call was cut after ${Math.round(timeoutMs / 1000)} seconds.${known ? "" : " Its outcome is unknown."}`;
      return { outcome: { text, isError: true }, state: known ? "done" : "unknown" };
    }
    log.error("tool.fault", { tool: call.name, runId: run.id, error });
    const text = `The tool failed: ${error instanceof Error ? error.message : String(error)}${known ? "" : " Its outcome is unknown."}`;
    return { outcome: { text, isError: true }, state: known ? "done" : "unknown" };
  } finally {
    clearTimeout(timer);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
