/** Reasoning of the model: folded, with its length in time; open while you want to watch. */

import ChevronRight from "lucide-react/icons/chevron-right";
import { durationText } from "../store/format.ts";

export function ThinkingBlock({ text, live, durationMs }: { text: string; live: boolean; durationMs: number | null }) {
  const title = live
    ? "Thinking…"
    : durationMs !== null && durationMs >= 1_000
      ? `Thought for ${durationText(durationMs)}`
      : "Thoughts";
  return (
    <details className="group my-2 text-sm text-soft">
      <summary className="inline-flex list-none items-center gap-1.5 rounded-md py-0.5 pr-2 hover:text-ink">
        <ChevronRight size={15} className="transition-transform group-open:rotate-90" aria-hidden="true" />
        <span className={live ? "breathe" : ""}>{title}</span>
      </summary>
      <div className="ml-[7px] mt-1 max-h-96 overflow-y-auto whitespace-pre-wrap border-l-2 border-line pl-4 leading-relaxed">
        {text}
      </div>
    </details>
  );
}
