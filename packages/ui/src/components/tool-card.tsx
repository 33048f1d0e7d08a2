/** One tool call: what, to what, how it stands, how long it took; input and output under the fold. */

import Check from "lucide-react/icons/check";
import ChevronRight from "lucide-react/icons/chevron-right";
import FilePen from "lucide-react/icons/file-pen";
import FileText from "lucide-react/icons/file-text";
import FolderSearch from "lucide-react/icons/folder-search";
import Globe from "lucide-react/icons/globe";
import Hourglass from "lucide-react/icons/hourglass";
import Terminal from "lucide-react/icons/terminal";
import TriangleAlert from "lucide-react/icons/triangle-alert";
import Wrench from "lucide-react/icons/wrench";
import { durationText } from "../store/format.ts";
import { CodeBlock } from "./code-block.tsx";
import { ToolInput } from "./tool-input.tsx";
import { toolTarget, toolVerb } from "./tool-words.ts";

export type ToolStanding = "running" | "waiting" | "done" | "failed" | "cut";

export interface ToolView {
  name: string;
  args: Record<string, unknown>;
  standing: ToolStanding;
  output: string | null;
  progress?: string;
  meta?: string;
  durationMs?: number;
}

const icons = {
  read: FileText,
  write: FilePen,
  edit: FilePen,
  ls: FolderSearch,
  search: FolderSearch,
  bash: Terminal,
  web_fetch: Globe,
};

export function ToolCard({ tool }: { tool: ToolView }) {
  const Icon = icons[tool.name as keyof typeof icons] ?? Wrench;
  const target = toolTarget(tool.name, tool.args);
  const settled = tool.standing === "done" || tool.standing === "failed";
  return (
    <details className="group my-2 rounded-xl border border-line bg-raised" data-tool={tool.name} data-standing={tool.standing}>
      <summary className="flex min-h-10 list-none items-center gap-2.5 rounded-xl px-3 py-1.5 text-sm hover:bg-hover">
        <Icon size={16} className="shrink-0 text-soft" aria-hidden="true" />
        <span className="shrink-0 font-medium">{toolVerb(tool.name, settled)}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-[0.8125rem] text-soft">{target}</span>
        <Standing tool={tool} />
        <ChevronRight size={15} className="shrink-0 text-faint transition-transform group-open:rotate-90" aria-hidden="true" />
      </summary>
      <div className="border-t border-line px-3 pb-1 text-sm">
        <ToolInput args={tool.args} />
        {tool.output === null ? (
          <p className="my-3 text-soft">{tool.progress ?? outcomeWords[tool.standing]}</p>
        ) : tool.output === "" ? (
          <p className="my-3 text-soft">It gave no output.</p>
        ) : (
          <CodeBlock code={tool.output} language="" wrap label={tool.standing === "failed" ? "error" : "output"} />
        )}
      </div>
    </details>
  );
}

const outcomeWords: Record<ToolStanding, string> = {
  running: "It is running.",
  waiting: "It waits for your approval.",
  done: "It is done.",
  failed: "It failed.",
  cut: "It was not finished.",
};

function Standing({ tool }: { tool: ToolView }) {
  const { standing, meta, durationMs } = tool;
  const time = durationMs === undefined ? "" : durationText(durationMs);
  const words = [standing === "running" ? (tool.progress?.slice(0, 40) ?? "") : (meta ?? ""), time].filter(Boolean).join(" · ");
  return (
    <span className="flex shrink-0 items-center gap-1.5 text-xs text-soft">
      <span className="hidden max-w-48 truncate tabular-nums sm:inline">{words}</span>
      {standing === "running" && (
        <>
          <span className="breathe size-2 rounded-full bg-coral" aria-hidden="true" />
          <span className="sr-only">running</span>
        </>
      )}
      {standing === "waiting" && <Hourglass size={15} className="text-honey" aria-label="waits for approval" />}
      {standing === "done" && <Check size={16} className="text-kelp" aria-label="done" />}
      {standing === "failed" && <TriangleAlert size={15} className="text-rose" aria-label="failed" />}
      {standing === "cut" && <span>not finished</span>}
    </span>
  );
}
