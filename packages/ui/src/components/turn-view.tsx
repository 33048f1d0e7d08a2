/** One turn: what you said, what was done about it, and what it cost. */

import { memo } from "react";
import { threadOf, useApp } from "../store/app.ts";
import type { LiveRun } from "../store/state.ts";
import { partsWithLive, type Turn, type TurnPart } from "../store/turns.ts";
import { FailureCard } from "./failure-card.tsx";
import { PartView } from "./part-view.tsx";
import { RunStatus } from "./run-status.tsx";
import { TurnFooter } from "./turn-footer.tsx";
import { UserMessageView } from "./user-message.tsx";

interface TurnProps {
  turn: Turn;
  sessionKey: string;
  isLast: boolean;
}

export const TurnView = memo(function TurnView({ turn, sessionKey, isLast }: TurnProps) {
  return (
    <article
      className="pb-7 [contain-intrinsic-size:auto_300px] [content-visibility:auto] print:[content-visibility:visible]"
      data-turn={turn.id}
    >
      {turn.user && <UserMessageView message={turn.user} sessionKey={sessionKey} />}
      {isLast ? (
        <LiveAnswer turn={turn} sessionKey={sessionKey} />
      ) : (
        <Answer turn={turn} sessionKey={sessionKey} parts={turn.parts} run={null} isLast={false} />
      )}
    </article>
  );
});

function LiveAnswer({ turn, sessionKey }: { turn: Turn; sessionKey: string }) {
  const run = useApp((state) => threadOf(state, sessionKey).run);
  const parts = run ? partsWithLive(turn.parts, run.parts, () => null) : turn.parts;
  return <Answer turn={turn} sessionKey={sessionKey} parts={parts} run={run} isLast />;
}

/** The answer of a run whose question is not a row yet. */
export function LooseAnswer({ run, sessionKey }: { run: LiveRun; sessionKey: string }) {
  return <Parts parts={partsWithLive([], run.parts, () => null)} sessionKey={sessionKey} run={run} />;
}

function Answer({
  turn,
  sessionKey,
  parts,
  run,
  isLast,
}: {
  turn: Turn;
  sessionKey: string;
  parts: TurnPart[];
  run: LiveRun | null;
  isLast: boolean;
}) {
  return (
    <>
      <Parts parts={parts} sessionKey={sessionKey} run={run} />
      {!run && <FailureCard turn={turn} sessionKey={sessionKey} isLast={isLast} />}
      {!run && turn.end && <TurnFooter turn={turn} sessionKey={sessionKey} isLast={isLast} />}
    </>
  );
}

function Parts({ parts, sessionKey, run }: { parts: TurnPart[]; sessionKey: string; run: LiveRun | null }) {
  const name = useApp((state) => state.assistantName);
  if (parts.length === 0 && !run) return null;
  return (
    <div className="mt-4 min-w-0" data-answer={run ? "live" : "done"}>
      {parts.some((part) => part.kind !== "folded") && <h2 className="sr-only">{name || "The assistant"} answered</h2>}
      {parts.map((part, index) => (
        <PartView
          // biome-ignore lint/suspicious/noArrayIndexKey: a part keeps its place when the live text becomes a row, so place is its identity.
          key={`${index}-${part.kind === "liveTool" ? "tool" : part.kind}`}
          part={part}
          sessionKey={sessionKey}
          running={run !== null}
        />
      ))}
      {run && <RunStatus run={run} sessionKey={sessionKey} />}
    </div>
  );
}
