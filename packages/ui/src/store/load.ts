/** From what `chat.startup` and `chat.history` answer to state. Pure. */

import type { ChatHistory, ChatStartup } from "@moltworker/protocol/methods";
import type { SessionRow } from "@moltworker/protocol/rows";
import { reduceAgent, reduceChat } from "./reduce-run.ts";
import { type AppState, emptyThread, type Thread } from "./state.ts";

export function applyStartup(state: AppState, startup: ChatStartup): AppState {
  const key = startup.history.sessionKey;
  const own = startup.history.sessionInfo;
  return {
    ...applySettings(state, startup),
    booted: true,
    currentKey: key,
    mainKey:
      state.connection.phase === "connected" ? state.connection.hello.snapshot.sessionDefaults.mainSessionKey : state.mainKey,
    approvals: startup.approvals,
    sessions: rowsByKey(own ? [...startup.sessions.sessions, own] : startup.sessions.sessions),
    sessionsHasMore: startup.sessions.hasMore,
    sessionsNextOffset: startup.sessions.nextOffset ?? 0,
    threads: { ...state.threads, [key]: loadedThread(startup.history, state.threads[key]) },
  };
}

/** Only what is the assistant's own: models, keys, name, defaults. */
export function applySettings(state: AppState, startup: ChatStartup): AppState {
  const { assistantName, engine, version, defaultModel, thinkingLevel, suspended, models, providers } = startup;
  return { ...state, assistantName, engine, version, defaultModel, thinkingLevel, suspended, models, providers };
}

/** A thread as the server knows it. Messages of this tab that are not yet on the server stay. */
export function loadedThread(history: ChatHistory, known: Thread | undefined): Thread {
  const taken = new Set(
    history.messages.flatMap((row) => (row.role === "user" && row.idempotencyKey ? [row.idempotencyKey] : [])),
  );
  const waiting = new Set(history.pendingInputs.items.map((input) => input.runId));
  const thread: Thread = {
    ...emptyThread(history.sessionKey),
    load: "loaded",
    messages: history.messages,
    totalMessages: history.totalMessages,
    hasMore: history.hasMore,
    nextOffset: history.nextOffset ?? history.messages.length,
    historyCursor: history.deltaCursor,
    revision: history.sessionInfo?.lifecycleRevision ?? 0,
    pending: history.pendingInputs.items,
    outgoing: (known?.outgoing ?? []).filter((own) => !taken.has(own.runId) && !waiting.has(own.runId)),
    failure: known?.failure && history.messages.at(-1)?.__openclaw.runId === known.failure.runId ? known.failure : null,
  };
  return history.inFlightRun ? withInFlight(thread, history.inFlightRun) : thread;
}

export function rowsByKey(rows: SessionRow[]): Record<string, SessionRow> {
  return Object.fromEntries(rows.map((row) => [row.key, row]));
}

/** Rebuilds what is streaming right now, so that a reload in mid-answer shows all of it. */
function withInFlight(thread: Thread, inFlight: NonNullable<ChatHistory["inFlightRun"]>): Thread {
  const { runId, startedAt, text, events } = inFlight;
  const started: Thread = { ...thread, run: { runId, startedAt, phase: "starting_model", parts: [], chatSeq: -1, agentSeq: -1 } };
  const replayed = events.reduce(
    (now, event) => ("state" in event ? reduceChat(now, event, startedAt) : reduceAgent(now, event, startedAt)),
    started,
  );
  if (!replayed.run || text === "" || replayed.run.parts.some((part) => part.kind === "text")) return replayed;
  return {
    ...replayed,
    run: { ...replayed.run, phase: "answering", parts: [...replayed.run.parts, { kind: "text", text, open: true }] },
  };
}
