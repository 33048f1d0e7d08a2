/** Under an answer: copy, ask again, which model, what it cost. */

import RotateCcw from "lucide-react/icons/rotate-ccw";
import { useApp } from "../store/app.ts";
import { costText, dateTimeText, tokensText } from "../store/format.ts";
import { retryFrom } from "../store/talk.ts";
import type { Turn } from "../store/turns.ts";
import { IconButton } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";

export function TurnFooter({ turn, sessionKey, isLast }: { turn: Turn; sessionKey: string; isLast: boolean }) {
  const { user, end, usage } = turn;
  const label = useApp(
    (state) => state.models.find((model) => model.id === end?.model && (model.provider === end.provider || !end.provider))?.name,
  );
  const text = turn.parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
  const at = turn.rows.at(-1)?.timestamp;
  const model = label ?? end?.model;
  return (
    <footer className="-ml-2 mt-1.5 flex min-h-8 flex-wrap items-center gap-x-1 text-xs text-soft">
      <span className="print-hide flex">
        {text !== "" && <CopyButton text={text} label="Copy answer" />}
        {/* Further up it would take later turns away without a word; editing does the same and says so. */}
        {user && isLast && (
          <IconButton label="Ask again" className="size-8" onClick={() => retryFrom(sessionKey, user)} data-action="retry">
            <RotateCcw size={15} />
          </IconButton>
        )}
      </span>
      <span className="ml-1 tabular-nums" title={at ? dateTimeText(at) : undefined}>
        {[
          model,
          usage && `${tokensText(usage.input)} in · ${tokensText(usage.output)} out`,
          usage?.cost && usage.cost.total > 0 && costText(usage.cost.total),
          usage?.estimated && "estimated",
          usage?.prefixBreak &&
            `broke the cached prefix at byte ${usage.prefixBreak.atByte.toLocaleString()}, ${costText(usage.prefixBreak.costUsd)} more`,
          end?.stopReason === "length" && "cut at the length limit",
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
      {usage?.notes && <p className="ml-3 w-full text-honey">{[...new Set(usage.notes)].join(" ")}</p>}
    </footer>
  );
}
