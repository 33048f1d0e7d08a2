/** The loop of one run. Its next action is derived from rows alone, so beginning and resuming are the same thing. */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import type { AssistantMessage } from "@moltworker/protocol/messages";
import { idempotencyKeyOf } from "../sessions/inbox.ts";
import { readByAsking } from "../sessions/outbox.ts";
import { chatMessageFrom, type StoredMessage, textOf } from "../sessions/transcript.ts";
import { announceMessage } from "./announce-message.ts";
import { runModelStep } from "./model-step.ts";
import { fold, prepareStep } from "./prepare-step.ts";
import type { RunContext } from "./run-context.ts";
import { optionsOf } from "./run-store.ts";
import { runToolStep } from "./tool-step.ts";

/** Ends with the run's row in `done`. Throws what stopped it; the runner then writes the end. */
export async function executeRun(context: RunContext): Promise<void> {
  const { run, events } = context;
  context.authorize(run, "run.start");
  events.agent({ stream: "lifecycle", data: { phase: "start", startedAt: run.started_at ?? run.created_at } });
  events.chat({ state: "status", phase: "preparing_context" });
  finishDone(context, await loop(context));
}

async function loop(context: RunContext): Promise<StoredMessage> {
  const { run, store, ledger, signal, settings } = context;
  for (;;) {
    signal.throwIfAborted();
    const calls = ledger.unfinished(run.id);
    if (calls.length > 0) {
      await runToolStep(context, calls);
      continue;
    }
    const steered = takeInput(context);
    const last = context.transcript.ofRun(run.id).at(-1);
    if (!steered && last?.entry.role === "assistant" && last.entry.stopReason !== "toolUse") return last;
    if (store.stepCount(run.id) >= settings().maxSteps) {
      throw new MoltError("TIMEOUT", {
        message: `the run stopped after ${settings().maxSteps} steps`,
        hint: "Say 'continue' to go on, or raise the limit in the settings.",
        retryable: false,
      });
    }
    await context.models.settled();
    await step(context, optionsOf(run).model ?? context.modelFor(run.session_key));
  }
}

async function step(context: RunContext, ref: string): Promise<void> {
  for (let folded = false; ; folded = true) {
    const request = await prepareStep(context, ref);
    context.events.chat({ state: "status", phase: "starting_model" });
    try {
      await runModelStep(context, ref, request);
      return;
    } catch (error) {
      // Our estimate was too low. Folded once without asking the model; a second refusal is the run's end.
      if (!isMoltError(error) || error.code !== "CONTEXT_TOO_LARGE" || folded) throw error;
      if (!(await fold(context, ref, false))) throw error;
    }
  }
}

/** Moves what waits in the inbox for this run into the log. True when there was something. */
export function takeInput(context: Pick<RunContext, "run" | "db" | "inbox" | "transcript" | "sessions" | "sink">): boolean {
  const { run, db, inbox, transcript, sessions, sink } = context;
  const items = inbox.waiting({ runId: run.id });
  if (items.length === 0) return false;
  const stored = db.transaction(() =>
    items.map((item) => {
      inbox.markTaken(item.id);
      const outside = item.outsideFrom === undefined ? {} : { untrustedFrom: item.outsideFrom };
      const entry = { role: "user" as const, content: item.content, ...outside };
      sessions.touch(run.session_key, { lastText: textOf(entry) });
      return transcript.append(run.session_key, entry, { runId: run.id, idempotencyKey: idempotencyKeyOf(item.dedupeKey) });
    }),
  );
  for (const message of stored) {
    announceMessage(sink, run.session_key, message);
  }
  return true;
}

function finishDone(context: RunContext, answer: StoredMessage): void {
  const { run, db, store, outbox, sessions, events, clock } = context;
  const message = chatMessageFrom(answer) as AssistantMessage;
  db.transaction(() => {
    store.finish(run.id, { state: "done", stopReason: message.stopReason, answerMessageId: answer.id });
    // What is read by asking is delivered by standing in the log. A channel's answer gets rows of its own from the ended run.
    if (readByAsking.has(run.channel))
      outbox.prepare({
        sessionKey: run.session_key,
        runId: run.id,
        channel: run.channel,
        messageId: answer.id,
        state: "confirmed",
      });
    sessions.touch(run.session_key, { lastText: textOf(answer.entry), unread: true, failed: false });
  });
  events.agent({ stream: "lifecycle", data: { phase: "end", endedAt: clock.now() } });
  events.chat({ state: "final", message, stopReason: message.stopReason, ...(message.usage ? { usage: message.usage } : {}) });
}
