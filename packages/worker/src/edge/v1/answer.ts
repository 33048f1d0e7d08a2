/** What a run has answered, read from its rows, and followed while it lives. Tools stay behind: an answer is text. */

import { errorFromWire, MoltError, type WireError } from "@moltworker/protocol/errors";
import type { ContentPart, StopReason, Usage } from "@moltworker/protocol/messages";
import type { Hub } from "../../rpc/hub.ts";
import type { RunStore, StoredRun } from "../../runs/run-store.ts";
import type { Runner } from "../../runs/runner.ts";
import { type Transcript, textOf } from "../../sessions/transcript.ts";
import { createAnswerText, stepBreak } from "./answer-text.ts";

export interface AnswerDeps {
  hub: Pick<Hub, "follow">;
  runner: Pick<Runner, "inFlight">;
  runs: Pick<RunStore, "get">;
  transcript: Pick<Transcript, "ofRun">;
}

export interface Answer {
  state: StoredRun["state"];
  /** Texts of all steps. */
  text: string;
  stopReason: StopReason;
  /** All steps together. */
  usage: Pick<Usage, "input" | "output" | "cacheRead" | "reasoning" | "totalTokens">;
  /** Why there is no whole answer. */
  error: MoltError | undefined;
  /** Epoch milliseconds; null while it goes on. */
  endedAt: number | null;
}

/** As the rows say now. Throws NOT_FOUND. */
export function readAnswer(deps: Pick<AnswerDeps, "runs" | "transcript">, runId: string): Answer {
  const run = deps.runs.get(runId);
  if (!run) throw new MoltError("NOT_FOUND", { message: "this run is no longer here" });
  const entries = deps.transcript.ofRun(runId).flatMap(({ entry }) => (entry.role === "assistant" ? [entry] : []));
  const usage = { input: 0, output: 0, cacheRead: 0, reasoning: 0, totalTokens: 0 };
  for (const entry of entries)
    for (const key of Object.keys(usage) as (keyof typeof usage)[]) usage[key] += entry.usage?.[key] ?? 0;
  return {
    state: run.state,
    text: entries.map(textOf).filter(Boolean).join(stepBreak),
    stopReason: entries.at(-1)?.stopReason ?? "stop",
    usage,
    error: errorOf(run),
    endedAt: run.ended_at,
  };
}

function errorOf(run: StoredRun): MoltError | undefined {
  if (run.state === "failed") return errorFromWire(run.error === null ? undefined : (JSON.parse(run.error) as WireError));
  if (run.state !== "aborted") return undefined;
  if (run.stop_reason === "timeout") return new MoltError("TIMEOUT");
  return new MoltError("ABORTED", { message: `the run was stopped: ${run.stop_reason ?? "by the owner"}` });
}

export interface Following {
  /** Resolves when the run has ended; never rejects. */
  ended: Promise<Answer>;
  /** Ends the following, not the run. */
  leave(): void;
}

/** Everything said so far goes out at once, then each delta. `onText` must not throw. */
export function followAnswer(deps: AnswerDeps, runId: string, sessionKey: string, onText: (delta: string) => void): Following {
  const text = createAnswerText(onText);
  for (const { entry } of deps.transcript.ofRun(runId)) if (entry.role === "assistant") text.committed(textOf(entry));
  if (deps.runs.get(runId)?.ended_at !== null) return { ended: Promise.resolve(readAnswer(deps, runId)), leave: () => {} };
  const live = deps.runner.inFlight(sessionKey);
  if (live?.runId === runId && live.text !== "") text.partial(live.text);

  let leave = () => {};
  const ended = new Promise<Answer>((resolve) => {
    leave = deps.hub.follow((published) => {
      if (published.event === "session.message") {
        const { message } = published.payload;
        if (message.role === "assistant" && message.__openclaw.runId === runId) text.committed(wordsOf(message.content));
      }
      if (published.event !== "chat" || published.payload.runId !== runId) return;
      const { payload } = published;
      if (payload.state === "delta") text.partial(wordsOf(payload.message.content));
      if (payload.state === "delta" || payload.state === "status") return;
      leave();
      resolve(readAnswer(deps, runId));
    });
  });
  return { ended, leave: () => leave() };
}

const wordsOf = (content: readonly ContentPart[]): string =>
  content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
