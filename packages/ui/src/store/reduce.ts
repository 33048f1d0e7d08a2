/** One pure function from an event of the socket to the next state. */

import type { EventMap, EventName } from "@moltworker/protocol/events";
import type { EventFrame } from "@moltworker/protocol/frames";
import { reduceAgent, reduceChat } from "./reduce-run.ts";
import { type AppState, emptyThread, type Thread } from "./state.ts";
import { withMessage } from "./thread-messages.ts";

export function reduce(state: AppState, frame: EventFrame, now: number): AppState {
  const reducer = reducers[frame.event] as ((state: AppState, payload: unknown, context: Context) => AppState) | undefined;
  return reducer ? reducer(state, frame.payload, { cursor: frame.cursor, now }) : state;
}

interface Context {
  cursor: number | undefined;
  now: number;
}

type Reducers = { [Name in EventName]?: (state: AppState, payload: EventMap[Name], context: Context) => AppState };

const reducers: Reducers = {
  chat: (state, event, context) => inThread(state, event.sessionKey, context, (thread) => reduceChat(thread, event, context.now)),
  agent: (state, event, context) =>
    inThread(state, event.sessionKey, context, (thread) => reduceAgent(thread, event, context.now)),
  "session.message": (state, event, context) =>
    inThread(state, event.sessionKey, context, (thread) => withMessage(thread, event.message)),
  "sessions.changed": reduceSession,
  "exec.approval.requested": (state, approval) =>
    state.approvals.some((known) => known.id === approval.id) ? state : { ...state, approvals: [...state.approvals, approval] },
  "exec.approval.resolved": (state, event) => ({
    ...state,
    approvals: state.approvals.filter((approval) => approval.id !== event.id),
  }),
  "device.pair.requested": (state) => ({ ...state, pairingRevision: state.pairingRevision + 1 }),
  "device.pair.resolved": (state) => ({ ...state, pairingRevision: state.pairingRevision + 1 }),
  "channels.changed": (state) => ({ ...state, channelsRevision: state.channelsRevision + 1 }),
  "models.changed": (state) => ({ ...state, configRevision: state.configRevision + 1 }),
  "gateway.suspension": (state, event) => ({ ...state, suspended: event.suspended }),
};

/** Applies a change to one thread; skips what its history page already holds. */
function inThread(state: AppState, key: string, context: Context, change: (thread: Thread) => Thread): AppState {
  const thread = state.threads[key];
  if (thread?.load !== "loaded") return state;
  if (context.cursor !== undefined && context.cursor <= thread.historyCursor) return state;
  const next = change(thread);
  return next === thread ? state : { ...state, threads: { ...state.threads, [key]: next } };
}

function reduceSession(state: AppState, event: EventMap["sessions.changed"]): AppState {
  const { sessionKey, session, reason } = event;
  if (reason === "deleted" || session === null) {
    const { [sessionKey]: _gone, ...sessions } = state.sessions;
    const { [sessionKey]: _thread, ...threads } = state.threads;
    const approvals = state.approvals.filter((approval) => approval.request.sessionKey !== sessionKey);
    return {
      ...state,
      sessions,
      threads: _thread ? { ...threads, [sessionKey]: { ...emptyThread(sessionKey), load: "loaded" } } : threads,
      approvals,
    };
  }
  return { ...state, sessions: { ...state.sessions, [sessionKey]: session } };
}
