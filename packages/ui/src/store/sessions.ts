/** Sessions: open, make, rename, pin, delete, choose a model for; and STOP, which is above them all. */

import type { SessionPatch } from "@moltworker/protocol/methods";
import type { SessionRow, ThinkingLevel } from "@moltworker/protocol/rows";
import { app, threadOf } from "./app.ts";
import { loadThread, markRead, request } from "./gateway.ts";
import { rowsByKey } from "./load.ts";
import { notify, notifyError } from "./notices.ts";
import { go } from "./route.ts";
import { emptyThread } from "./state.ts";

/** Makes a session the one on screen, and reads it when it is not known yet. */
export function openSession(key: string): void {
  const state = app.get();
  if (state.currentKey !== key) app.update((now) => ({ ...now, currentKey: key }));
  const { load } = threadOf(state, key);
  if (state.booted && (load === "none" || load === "failed")) void loadThread(key);
  markRead(key);
}

/** A new conversation. It exists on this page at once and on the server with its first message. */
export function newSession(): string {
  const agent = app.get().mainKey.split(":").slice(0, 2).join(":") || "agent:main";
  const key = `${agent}:web-${crypto.randomUUID().slice(0, 13)}`;
  app.update((state) => ({ ...state, threads: { ...state.threads, [key]: { ...emptyThread(key), load: "loaded" } } }));
  go({ page: "chat", key });
  return key;
}

export async function patchSession(key: string, patch: SessionPatch): Promise<void> {
  try {
    if (!app.get().sessions[key]) await request("sessions.create", { key }, { resend: true });
    const { entry } = await request("sessions.patch", { key, ...patch }, { resend: true });
    app.update((state) => ({ ...state, sessions: { ...state.sessions, [key]: entry } }));
  } catch (error) {
    notifyError(error);
  }
}

export function renameSession(key: string, label: string): Promise<void> {
  return patchSession(key, { label: label.trim() === "" ? null : label.trim() });
}

export function chooseModel(key: string, ref: string | null): Promise<void> {
  return patchSession(key, { model: ref });
}

export function chooseThinking(key: string, level: ThinkingLevel): Promise<void> {
  return patchSession(key, { thinkingLevel: level });
}

export async function deleteSession(row: SessionRow): Promise<void> {
  try {
    const main = row.key === app.get().mainKey;
    // The main conversation always exists; deleting it means emptying it.
    if (main) await request("sessions.reset", { key: row.key, reason: "new" });
    else await request("sessions.delete", { key: row.key, deleteTranscript: true }, { resend: true });
    app.update((state) => {
      const { [row.key]: _thread, ...threads } = state.threads;
      const { [row.key]: _row, ...sessions } = state.sessions;
      return { ...state, threads, sessions: main ? state.sessions : sessions };
    });
    if (app.get().currentKey === row.key) {
      if (main) void loadThread(row.key);
      else go({ page: "chat", key: app.get().mainKey });
    }
    notify(main ? "The conversation was emptied." : `“${row.displayName}” was deleted.`);
  } catch (error) {
    notifyError(error);
  }
}

export async function resetSession(key: string): Promise<void> {
  try {
    await request("sessions.reset", { key, reason: "reset" });
    await loadThread(key);
  } catch (error) {
    notifyError(error);
  }
}

export async function compactSession(key: string): Promise<void> {
  try {
    const { compacted, reason } = await request("sessions.compact", { key }, { timeoutMs: 120_000 });
    notify(
      compacted
        ? "Older messages were folded into a summary for the model. You still see everything."
        : (reason ?? "There was nothing to fold yet."),
    );
  } catch (error) {
    notifyError(error);
  }
}

export async function loadMoreSessions(): Promise<void> {
  const { sessionsHasMore, sessionsNextOffset } = app.get();
  if (!sessionsHasMore) return;
  const page = await request("sessions.list", { limit: 100, offset: sessionsNextOffset }, { resend: true }).catch(
    () => undefined,
  );
  if (!page) return;
  app.update((state) => ({
    ...state,
    sessions: { ...rowsByKey(page.sessions), ...state.sessions },
    sessionsHasMore: page.hasMore,
    sessionsNextOffset: page.nextOffset ?? 0,
  }));
}

/** Sessions that match on the server, also those not loaded here. */
export async function searchSessions(text: string): Promise<string[]> {
  const page = await request("sessions.list", { search: text, limit: 50 }, { resend: true });
  app.update((state) => ({ ...state, sessions: { ...rowsByKey(page.sessions), ...state.sessions } }));
  return page.sessions.map((row) => row.key);
}

/** STOP: halts every run and tool of the assistant, or lets them start again. */
export async function setSuspended(suspended: boolean): Promise<void> {
  try {
    const answer = await request("gateway.suspend", { suspended }, { resend: true });
    app.update((state) => ({ ...state, suspended: answer.suspended }));
  } catch (error) {
    notifyError(error);
  }
}
