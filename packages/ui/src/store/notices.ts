/** Short messages at the edge of the page; errors carry their cure. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import { app } from "./app.ts";
import type { Notice } from "./state.ts";

const infoMs = 4_000;
const errorMs = 12_000;
let counter = 0;

export function notify(text: string, tone: Notice["tone"] = "info", hint?: string): void {
  counter += 1;
  const notice: Notice = { id: counter, tone, text, ...(hint ? { hint } : {}) };
  app.update((state) => ({ ...state, notices: [...state.notices.slice(-2), notice] }));
  setTimeout(() => dismissNotice(notice.id), tone === "error" ? errorMs : infoMs);
}

export function notifyError(error: unknown): void {
  const { message, hint } = moltErrorFrom(error);
  notify(sentence(message), "error", hint);
}

export function dismissNotice(id: number): void {
  app.update((state) => ({ ...state, notices: state.notices.filter((notice) => notice.id !== id) }));
}

/** Causes are written in lower case for use inside sentences; alone they begin with a capital. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? trimmed : trimmed[0]?.toUpperCase() + trimmed.slice(1);
}
