/** Takes a message in: one commit holds the inbox row, its run and any rewind. What to do when the session is busy is decided here. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ThinkingLevel } from "@moltworker/protocol/rows";
import type { InboundMessage } from "../sessions/inbox.ts";
import type { RunDependencies } from "./run-context.ts";
import { createRunEvents } from "./run-events.ts";
import type { NewRun, RunOptions, StoredRun } from "./run-store.ts";

export interface AcceptOptions {
  thinking?: ThinkingLevel | null;
  deadlineMs?: number | null;
  replaceFromMessageId?: string;
  run?: RunOptions;
}

type AcceptDependencies = Pick<RunDependencies, "db" | "sessions" | "transcript" | "inbox" | "store" | "sink" | "clock">;

export function acceptMessage(deps: AcceptDependencies, message: InboundMessage, options: AcceptOptions): void {
  const { db, sessions, transcript, inbox, store } = deps;
  const run: NewRun = {
    id: message.runId,
    sessionKey: message.sessionKey,
    channel: message.channel,
    principal: message.principal,
    thinking: options.thinking ?? null,
    deadlineMs: options.deadlineMs ?? null,
    options: options.run,
  };
  const host = db.transaction(() => {
    sessions.ensure(message.sessionKey);
    if (options.replaceFromMessageId !== undefined && transcript.rewind(message.sessionKey, options.replaceFromMessageId) === 0) {
      throw new MoltError("NOT_FOUND", {
        message: "the message to replace is no longer in the conversation",
        hint: "Reload the conversation, then edit again.",
      });
    }
    const companion = companionFor(store.open(message.sessionKey), message, inbox);
    if (companion) store.insertMerged(run, companion.id);
    else store.insert(run);
    inbox.insert(companion ? { ...message, runId: companion.id } : message);
    return companion;
  });
  // OpenClaw's way: the merged input's own run ends at once, with an empty final; the answer comes from the run that took it.
  if (host)
    createRunEvents({ id: run.id, session_key: run.sessionKey, lives: 0 }, deps.sink, deps.clock).chat({ state: "final" });
}

/** The open run that takes this message along, if any. */
function companionFor(open: StoredRun[], message: InboundMessage, inbox: AcceptDependencies["inbox"]): StoredRun | undefined {
  if (message.queueMode === "steer") return open[0];
  if (message.queueMode !== "collect") return undefined;
  return open.find(
    (run) => run.state === "queued" && inbox.waiting({ runId: run.id }).some((item) => item.queueMode === "collect"),
  );
}
