/** The tab's title says what matters from afar: an approval that waits, work in progress, news elsewhere. */

import { useEffect } from "react";
import { threadOf, useApp } from "../store/app.ts";
import { displayName } from "../store/select.ts";
import type { AppState } from "../store/state.ts";

export function useTitle(): void {
  const title = useApp(titleOf);
  useEffect(() => {
    document.title = title;
  }, [title]);
}

function titleOf(state: AppState): string {
  const name = state.assistantName || "Moltworker";
  if (state.refusal) return `Signed out – ${name}`;
  if (state.approvals.length > 0) return `Approve? – ${name}`;
  if (state.suspended) return `Stopped – ${name}`;
  if (state.connection.phase === "waiting") return `Reconnecting – ${name}`;
  const here = displayName(state, state.currentKey);
  if (threadOf(state, state.currentKey).run) return `Working… – ${here}`;
  const unread = Object.values(state.sessions).filter((row) => row.unread && row.key !== state.currentKey).length;
  return `${unread > 0 ? `(${unread}) ` : ""}${here} – ${name}`;
}
