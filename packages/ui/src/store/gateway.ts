/** The socket of this page: starts the client, feeds its events to the reducer, and reads everything anew when needed. */

import { type Client, type ConnectionState, createClient } from "@moltworker/protocol/client";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { EventMap, EventName } from "@moltworker/protocol/events";
import type { EventFrame } from "@moltworker/protocol/frames";
import type { MethodName, Params, Result } from "@moltworker/protocol/methods";
import { app } from "./app.ts";
import { applySettings, applyStartup, loadedThread } from "./load.ts";
import { notify, notifyError } from "./notices.ts";
import { reduce } from "./reduce.ts";
import { type AppState, emptyThread } from "./state.ts";

const firstPage = 120;

/** Events kept to be applied once more after a page of history that is a moment older than they are. */
const recentLimit = 300;

let client: Client | undefined;
let recent: EventFrame[] = [];
let wasConnected = false;

export function startGateway(): void {
  if (client) return client.retryNow();
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  client = createClient({
    url: url.href,
    client: { id: "webchat-ui", displayName: "Control UI", version: "0.1.0", platform: "web", mode: "webchat" },
    caps: ["tool-events"],
    onEvent: receive,
    onState(connection) {
      app.update((state) => withConnection(state, connection));
      if (connection.phase !== "connected") return;
      const missedNothing = wasConnected && connection.hello.resume?.result === "replayed";
      wasConnected = true;
      if (!missedNothing) void startUp();
    },
  });
  client.start();
}

function withConnection(state: AppState, connection: ConnectionState): AppState {
  // What was heard of work on snapshots is of the connection before: a restore ends it, and its end is asked for anew.
  if (connection.phase === "connected") return { ...state, connection, signInError: null, refusal: null, snapshotJob: null };
  return { ...state, connection, refusal: connection.phase === "refused" ? connection.error : state.refusal };
}

export function retryGateway(): void {
  client?.retryNow();
}

const listeners = new Set<{ event: EventName; hear(payload: never): void }>();

/** Hears one kind of event for as long as a page wants it; returns how to stop. What many parts draw belongs in the state. */
export function onGatewayEvent<Name extends EventName>(event: Name, hear: (payload: EventMap[Name]) => void): () => void {
  const listener = { event, hear };
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Asks the assistant. Rejects with MoltError. */
export function request<Name extends MethodName>(
  method: Name,
  params: Params<Name>,
  options?: { resend?: boolean; timeoutMs?: number },
): Promise<Result<Name>> {
  if (!client) return Promise.reject(new Error("the page has not connected yet"));
  return client.request(method, params, options);
}

/** What is on screen has been read; says so to the other places that show the mark. */
export function markRead(key: string): void {
  if (!app.get().sessions[key]?.unread || document.visibilityState === "hidden") return;
  app.update((state) => {
    const row = state.sessions[key];
    return row ? { ...state, sessions: { ...state.sessions, [key]: { ...row, unread: false } } } : state;
  });
  request("sessions.patch", { key, unread: false }, { resend: true }).catch(() => {});
}

/** Everything for the first screen, in one call. */
async function startUp(): Promise<void> {
  const key = app.get().currentKey;
  try {
    const startup = await request("chat.startup", { ...(key ? { sessionKey: key } : {}), limit: firstPage }, { resend: true });
    // Whoever opens the plain address of a hosted OpenClaw wants that.
    if (startup.engine === "moltbot" && location.hash === "") location.replace("/openclaw/");
    app.update((state) => withRecent(applyStartup(state, startup), startup.history.deltaCursor));
    staleOthers(startup.history.sessionKey);
  } catch (error) {
    const cause = moltErrorFrom(error);
    app.update((state) => {
      const name = key || state.mainKey;
      return {
        ...state,
        booted: true,
        currentKey: name,
        threads: { ...state.threads, [name]: { ...emptyThread(name), load: "failed", loadError: cause } },
      };
    });
  }
}

/** After a gap that was not replayed, what other threads hold may be old: they are read again when opened. */
function staleOthers(freshKey: string): void {
  app.update((state) => {
    const kept = Object.entries(state.threads).filter(([key, thread]) => key === freshKey || thread.outgoing.length > 0);
    return { ...state, threads: Object.fromEntries(kept) };
  });
}

/** What happened between the moment a page was read and the moment it got here. */
function withRecent(state: AppState, cursor: number): AppState {
  return recent.filter((frame) => (frame.cursor ?? 0) > cursor).reduce((now, frame) => reduce(now, frame, Date.now()), state);
}

function receive(frame: EventFrame): void {
  if (frame.cursor !== undefined) recent = [...recent.slice(-recentLimit), frame];
  app.update((state) => reduce(state, frame, Date.now()));
  for (const { event, hear } of listeners) if (event === frame.event) hear(frame.payload as never);
  if (frame.event === "device.pair.requested" && !/^#\/(admin|settings)\/access/.test(location.hash))
    notify("A device asks to be let in.", "info", "Look at its code under Admin, Access.");
  if (frame.event === "snapshots.changed") {
    const { job } = frame.payload as EventMap["snapshots.changed"];
    app.update((state) => ({ ...state, snapshotJob: job }));
  }
  if (frame.event === "models.changed") refreshModels().catch(notifyError);
  if (frame.event === "chat") {
    const event = frame.payload as { state: string; message?: unknown; sessionKey: string };
    // An input merged into the running turn says nothing but its end; ask what waits, for tabs that did not send it.
    if (event.state === "final" && !event.message) void refreshPending(event.sessionKey);
  }
  if (frame.event === "sessions.changed") {
    const event = frame.payload as { sessionKey: string; reason: string };
    if (event.reason === "reset" && app.get().threads[event.sessionKey]) void loadThread(event.sessionKey);
    if (event.sessionKey === app.get().currentKey) markRead(event.sessionKey);
    if (event.sessionKey === app.get().currentKey) markRead(event.sessionKey);
  }
}

/** Models, keys and settings, read again: they changed here or elsewhere. */
export async function refreshModels(): Promise<void> {
  const startup = await request("chat.startup", { limit: 1 }, { resend: true });
  app.update((state) => applySettings(state, startup));
}

/** Asks the providers themselves what they offer now; slower than what is known already, so the list is shown meanwhile. */
export async function lookForModels(): Promise<void> {
  try {
    const { models } = await request("models.list", { refresh: true }, { resend: true });
    app.update((state) => ({ ...state, models }));
  } catch (error) {
    notifyError(error);
  }
}

async function refreshPending(key: string): Promise<void> {
  const history = await request("chat.history", { sessionKey: key, limit: 1 }, { resend: true }).catch(() => undefined);
  if (!history) return;
  app.update((state) => {
    const thread = state.threads[key];
    return thread
      ? { ...state, threads: { ...state.threads, [key]: { ...thread, pending: history.pendingInputs.items } } }
      : state;
  });
}

/** Reads the newest page of a thread, replacing what was known of it. */
export async function loadThread(key: string): Promise<void> {
  app.update((state) => {
    const known = state.threads[key];
    const thread = known?.load === "loaded" ? known : { ...emptyThread(key), load: "loading" as const };
    return { ...state, threads: { ...state.threads, [key]: thread } };
  });
  try {
    const history = await request("chat.history", { sessionKey: key, limit: firstPage }, { resend: true });
    app.update((state) => {
      const threads = { ...state.threads, [key]: loadedThread(history, state.threads[key]) };
      return withRecent({ ...state, threads }, history.deltaCursor);
    });
  } catch (error) {
    const loadError = moltErrorFrom(error);
    app.update((state) => ({
      ...state,
      threads: { ...state.threads, [key]: { ...emptyThread(key), load: "failed", loadError } },
    }));
  }
}
