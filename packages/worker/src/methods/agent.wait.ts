import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Waits for a run to end, or for the time to pass. */
export const agentWait = defineMethod<"agent.wait">({
  name: "agent.wait",
  scope: "operator.read",
  params: () => z.strictObject({ runId: z.string(), timeoutMs: z.int().min(0).max(600_000).optional() }),
  async handle({ runId, timeoutMs }, { runner }) {
    const { state, run } = await runner.wait(runId, timeoutMs ?? 30_000);
    const ended = state === "done" || state === "failed" || state === "aborted";
    const status = !ended ? "timeout" : state === "done" ? "ok" : state === "failed" ? "error" : "aborted";
    return { runId, status, startedAt: run.started_at, endedAt: run.ended_at, stopReason: run.stop_reason };
  },
});
