/** What the assistant is doing at this moment, in words, with the time it has taken so far. */

import { useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { durationText } from "../store/format.ts";
import type { LiveRun } from "../store/state.ts";
import { Mark } from "./mark.tsx";

const words: Record<string, string> = {
  preparing_context: "Reading the conversation",
  starting_model: "Waiting for the model",
  thinking: "Thinking",
  answering: "Answering",
  running_tools: "Working",
  waiting_approval: "Waiting for your approval",
  retrying: "Trying again",
};

/** Below this no seconds are shown: quick answers should not flicker with numbers. */
const quietMs = 2_500;

export function RunStatus({ run, sessionKey }: { run: LiveRun; sessionKey: string }) {
  const waits = useApp((state) => state.approvals.some((approval) => approval.request.sessionKey === sessionKey));
  const offline = useApp((state) => state.connection.phase !== "connected");
  const elapsedMs = useElapsed(run.startedAt);
  const text = offline
    ? "Connection lost; the assistant goes on without you watching"
    : waits
      ? words.waiting_approval
      : (words[run.phase] ?? "Working");
  return (
    <p className="mt-3 flex items-center gap-2 text-sm text-soft" data-phase={run.phase}>
      <Mark size={17} className={waits || offline ? "" : "breathe"} />
      <span>{text}</span>
      {run.note && !waits && <span className="text-soft">· {run.note}</span>}
      {elapsedMs > quietMs && (
        <span className="tabular-nums text-faint">{durationText(Math.floor(elapsedMs / 1_000) * 1_000)}</span>
      )}
    </p>
  );
}

function useElapsed(startedAt: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, now - startedAt);
}
