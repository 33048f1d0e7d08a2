import { thinkingLevels } from "@moltworker/protocol/rows";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import type { RunOutcome } from "../runs/runner.ts";
import { contentFromInput } from "../sessions/inbound-content.ts";
import { chatDedupeKey } from "../sessions/inbox.ts";
import { mainSessionKey, resolveSessionKey } from "../sessions/session-key.ts";
import { type Transcript, textOf } from "../sessions/transcript.ts";

const defaultTimeoutSeconds = 600;

/** One turn and its answer, as the stock CLI asks for it: accepted at once, then a second response with the result. */
export const agent = defineMethod<"agent">({
  name: "agent",
  scope: "operator.write",
  params: () =>
    z.looseObject({
      message: z.string().min(1),
      idempotencyKey: z.string().min(1).max(200),
      agentId: z.string().optional(),
      sessionKey: z.string().optional(),
      sessionId: z.string().optional(),
      deliver: z.boolean().optional(),
      thinking: z.string().optional(),
      timeout: z.number().min(0).optional(),
    }),
  async handle(params, { runner, blobs, transcript }, { principal, respondEarly }) {
    const runId = params.idempotencyKey;
    runner.accept(
      {
        dedupeKey: chatDedupeKey(runId),
        sessionKey: params.sessionKey === undefined ? mainSessionKey : resolveSessionKey(params.sessionKey),
        runId,
        channel: "webchat",
        principal,
        content: await contentFromInput(params.message, [], blobs),
        // Whoever waits for an answer of its own must not have its message merged into another run.
        queueMode: "followup",
      },
      { thinking: thinkingLevels.find((level) => level === params.thinking) ?? null },
    );
    respondEarly({ runId, status: "accepted" });
    const outcome = await runner.wait(runId, (params.timeout ?? defaultTimeoutSeconds) * 1000);
    return resultFrom(outcome, transcript);
  },
});

function resultFrom({ state, run }: RunOutcome, transcript: Transcript) {
  const answer = transcript.ofRun(run.id).findLast((message) => message.entry.role === "assistant");
  const entry = answer?.entry.role === "assistant" ? answer.entry : undefined;
  const text = entry ? (entry.errorMessage ?? textOf(entry)) : "";
  const status = state === "done" ? "ok" : state === "failed" ? "error" : state === "aborted" ? "aborted" : "timeout";
  const meta = {
    durationMs: (run.ended_at ?? run.created_at) - run.created_at,
    agentMeta: {
      sessionId: run.session_key,
      provider: entry?.provider ?? "",
      model: entry?.model ?? "",
      ...(entry?.usage ? { usage: entry.usage } : {}),
    },
    aborted: state === "aborted",
  };
  return {
    runId: run.id,
    status,
    summary: state === "done" ? "completed" : status,
    result: { payloads: text === "" ? [] : [{ text, mediaUrl: null }], meta },
  };
}
