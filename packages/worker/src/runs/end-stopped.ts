/** Writes the end of a run that did not end by itself: stopped by a person, by STOP, by its deadline, or given up. */

import { errorToWire, type MoltError } from "@moltworker/protocol/errors";
import type { AssistantMessage } from "@moltworker/protocol/messages";
import { splitRef } from "../sessions/session-view.ts";
import { chatMessageFrom, type StoredMessage } from "../sessions/transcript.ts";
import { announceMessage } from "./announce-message.ts";
import { takeInput } from "./execute-run.ts";
import type { RunContext } from "./run-context.ts";
import { optionsOf } from "./run-store.ts";

type StopContext = Omit<RunContext, "signal" | "takeReplaceMark">;
export type StopEnd = { kind: "aborted"; reason: string } | { kind: "failed"; error: MoltError };

/** One commit. Messages that waited for this run go into the log unanswered, so that nothing a person wrote disappears. */
export function endStopped(context: StopContext, end: StopEnd): void {
  const { run, db, store, approvals, events, sink } = context;
  takeInput(context);
  const error = end.kind === "failed" ? end.error : undefined;
  const stored = db.transaction(() => {
    approvals.cancelRun(run.id);
    const messages = [...cancelCalls(context), ...keepPartial(context, error)];
    store.finish(run.id, {
      state: end.kind,
      stopReason: end.kind === "aborted" ? end.reason : "error",
      ...(error ? { error: errorToWire(error) } : {}),
    });
    return messages;
  });
  for (const message of stored) announceMessage(sink, run.session_key, message);
  if (error) events.failed(error);
  else {
    const partial = stored.map(chatMessageFrom).find((message): message is AssistantMessage => message.role === "assistant");
    events.aborted(end.kind === "aborted" && end.reason === "timeout" ? "timeout" : "rpc", partial);
  }
}

function cancelCalls({ run, ledger, transcript }: StopContext): StoredMessage[] {
  return ledger.unfinished(run.id).map((call) => {
    const unknown = call.state === "started" && call.effect === "external";
    ledger.finish(call.id, { state: unknown ? "unknown" : "cancelled", isError: true });
    const text = unknown ? "Stopped while this call was running; its outcome is unknown." : "Stopped before this call ran.";
    return transcript.append(
      run.session_key,
      { role: "toolResult", toolCallId: call.call_id, toolName: call.name, content: [{ type: "text", text }], isError: true },
      { runId: run.id },
    );
  });
}

function keepPartial(context: StopContext, error: MoltError | undefined): StoredMessage[] {
  const { run, transcript, live, modelFor, sessions } = context;
  if (!error && live.text === "") return [];
  const { modelProvider, model } = splitRef(optionsOf(run).model ?? modelFor(run.session_key));
  sessions.touch(run.session_key, { failed: error !== undefined });
  const entry = {
    role: "assistant" as const,
    content: error ? [] : [{ type: "text" as const, text: live.text }],
    provider: modelProvider,
    model,
    stopReason: error ? ("error" as const) : ("aborted" as const),
    ...(error ? { errorMessage: `${error.message} ${error.hint}` } : {}),
  };
  live.text = "";
  return [transcript.append(run.session_key, entry, { runId: run.id })];
}
