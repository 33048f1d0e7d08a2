/** One part of an answer, whatever it is. */

import { threadOf, useApp } from "../store/app.ts";
import type { ToolActivity } from "../store/state.ts";
import type { TurnPart } from "../store/turns.ts";
import { FileView } from "./file-view.tsx";
import { Markdown } from "./markdown.tsx";
import { ThinkingBlock } from "./thinking-block.tsx";
import { ToolCard, type ToolStanding, type ToolView } from "./tool-card.tsx";

export function PartView({ part, sessionKey, running }: { part: TurnPart; sessionKey: string; running: boolean }) {
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} live={part.live} />;
    case "thinking":
      return <ThinkingBlock text={part.text} live={part.live} durationMs={part.durationMs} />;
    case "tool":
    case "liveTool":
      return <ToolPart part={part} sessionKey={sessionKey} running={running} />;
    case "file":
      return <FileView file={part.file} />;
    case "folded":
      return <Folded text={part.text} />;
  }
}

function ToolPart({
  part,
  sessionKey,
  running,
}: {
  part: Extract<TurnPart, { kind: "tool" | "liveTool" }>;
  sessionKey: string;
  running: boolean;
}) {
  const activity = useApp((state) => threadOf(state, sessionKey).tools[part.toolCallId]);
  const waiting = useApp((state) => state.approvals.some((approval) => approval.request.toolCallId === part.toolCallId));
  const view = toolView(part, activity, waiting, running);
  return view && <ToolCard tool={view} />;
}

/** What the log says wins over what was seen live. */
function toolView(
  part: Extract<TurnPart, { kind: "tool" | "liveTool" }>,
  activity: ToolActivity | undefined,
  waiting: boolean,
  running: boolean,
): ToolView | null {
  const result = part.kind === "tool" ? part.result : null;
  if (part.kind === "liveTool" && !activity) return null;
  const failed = result?.isError ?? activity?.isError ?? false;
  const done = result !== null || activity?.done === true;
  const standing: ToolStanding = done ? (failed ? "failed" : "done") : waiting ? "waiting" : running ? "running" : "cut";
  const durationMs = result?.durationMs ?? activity?.durationMs;
  return {
    name: part.kind === "tool" ? part.name : (activity?.name ?? ""),
    args: part.kind === "tool" ? part.args : (activity?.args ?? {}),
    standing,
    output: result ? result.content.map((text) => text.text).join("\n") : (activity?.resultText ?? null),
    ...(activity?.progress === undefined ? {} : { progress: activity.progress }),
    ...(activity?.meta === undefined ? {} : { meta: activity.meta }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function Folded({ text }: { text: string }) {
  return (
    <details className="my-4 text-sm text-soft">
      <summary className="flex list-none items-center gap-3 text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        Older messages were folded into a summary for the model
      </summary>
      <div className="mt-3 rounded-xl border border-line p-4">
        <Markdown text={text} live={false} />
      </div>
    </details>
  );
}
