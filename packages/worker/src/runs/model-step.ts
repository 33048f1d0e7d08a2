/** One model step: streams it to people, and commits the whole message with its tool calls in one turn of the event loop. */

import { isMoltError, type MoltError } from "@moltworker/protocol/errors";
import { callHash } from "../agent/call-text.ts";
import type { LogPart } from "../agent/log-entry.ts";
import type { ModelCall, ModelEvent, ModelRequest } from "../agent/model.ts";
import type { Principal } from "../auth/principal.ts";
import type { StoredMessage } from "../sessions/transcript.ts";
import { announceMessage } from "./announce-message.ts";
import { withBudgetApproval } from "./budget-approval.ts";
import { createDeltaWriter } from "./delta-writer.ts";
import type { RunContext } from "./run-context.ts";
import type { StoredRun } from "./run-store.ts";

type Finish = Extract<ModelEvent, { type: "finish" }>;

/** Times a step is made again after its text had been shown and the provider broke off; a silent one costs a minute each time. */
const remakeLimit = (error: MoltError): number => (error.code === "PROVIDER_TIMEOUT" ? 1 : 3);

/** Throws MoltError when the step cannot be had; the log then holds nothing of it. */
export async function runModelStep(context: RunContext, ref: string, request: ModelRequest): Promise<StoredMessage> {
  const { run, store, events } = context;
  const position = store.beginStep(run.id, "model");
  events.agent({ stream: "lifecycle", data: { phase: "model", model: ref } });
  try {
    const call = { ref, request, sessionKey: run.session_key, runId: run.id, step: position, signal: context.signal };
    const finish = await withBudgetApproval(context, (approvedBudgets) =>
      streamUntilWhole(context, { ...call, ...originOf(run), approvedBudgets }),
    );
    return await commit(context, position, finish);
  } catch (error) {
    store.endStep(run.id, position, "failed");
    throw error;
  }
}

/** Whose budgets a run's calls fall under. */
function originOf(run: StoredRun): Pick<ModelCall, "channel" | "schedule" | "tokenId"> {
  const { kind, id } = JSON.parse(run.principal) as Pick<Principal, "kind" | "id">;
  const { channel } = run;
  if (kind === "schedule") return { channel, schedule: id };
  return kind === "api" ? { channel, tokenId: id } : { channel };
}

async function streamUntilWhole(context: RunContext, call: ModelCall): Promise<Finish> {
  for (let remake = 0; ; remake += 1) {
    try {
      return await streamOnce(context, call, remake > 0);
    } catch (error) {
      if (!isMoltError(error) || !error.retryable || remake >= remakeLimit(error) || context.live.text === "") throw error;
      const delayMs = error.retryAfterMs ?? 400 * 2 ** remake;
      sayRetrying(context, remake + 1, delayMs, error);
      await context.clock.sleep(delayMs, context.signal);
    }
  }
}

async function streamOnce(context: RunContext, call: ModelCall, replaces: boolean): Promise<Finish> {
  const { events, clock, live } = context;
  let replace = replaces || context.takeReplaceMark();
  const text = createDeltaWriter(clock, (deltaText, whole) => {
    events.chat({
      state: "delta",
      deltaText,
      message: { role: "assistant", content: [{ type: "text", text: whole }], timestamp: clock.now() },
      ...(replace ? { replace: true } : {}),
    });
    replace = false;
    live.text = whole;
    events.agentLive({ stream: "assistant", data: { text: whole, delta: deltaText, itemId: `${call.step}` } }, "stock");
  });
  const thinking = createDeltaWriter(clock, (delta) =>
    events.agent({ stream: "thinking", data: { delta, itemId: `${call.step}` } }),
  );
  try {
    for await (const event of context.models.stream(call)) {
      if (event.type === "text") text.add(event.delta);
      else if (event.type === "thinking") thinking.add(event.delta);
      else if (event.type === "retrying") sayRetrying(context, event.attempt, event.delayMs, event.error);
      else if (event.type === "finish") return event;
    }
    throw new Error("the model port ended without a finish");
  } finally {
    thinking.flush();
    text.flush();
  }
}

function sayRetrying(context: RunContext, attempt: number, delayMs: number, error: MoltError): void {
  context.events.agent({ stream: "run_status", data: { phase: "retrying", attempt, delayMs, note: error.message } });
  context.events.chat({ state: "status", phase: "retrying", note: error.message });
}

async function commit(context: RunContext, position: number, finish: Finish): Promise<StoredMessage> {
  const { run, store, events, transcript, sessions, ledger, db } = context;
  const calls = finish.content.filter((part): part is Extract<LogPart, { type: "toolCall" }> => part.type === "toolCall");
  const hashes = await Promise.all(calls.map((call) => callHash(call.name, call.arguments)));
  // Stopped while hashing: what was cut must not be written after the run has ended.
  context.signal.throwIfAborted();
  const stored = db.transaction(() => {
    const message = transcript.append(
      run.session_key,
      {
        role: "assistant",
        content: finish.content,
        provider: finish.provider,
        model: finish.model,
        stopReason: calls.length > 0 ? "toolUse" : finish.stopReason,
        usage: finish.usage,
      },
      { runId: run.id },
    );
    for (const [place, call] of calls.entries()) {
      ledger.propose({
        runId: run.id,
        sessionKey: run.session_key,
        step: position,
        place,
        callId: call.id,
        name: call.name,
        args: JSON.stringify(call.arguments),
        hash: hashes[place] ?? "",
      });
    }
    sessions.addUsage(run.session_key, finish.usage);
    store.endStep(run.id, position, "done");
    return message;
  });
  context.live.text = "";
  events.agent({ stream: "usage", data: { usage: finish.usage, model: finish.model, provider: finish.provider } });
  announceMessage(context.sink, run.session_key, stored);
  return stored;
}
