/** Above the talk: where we are and what it has cost so far. */

import Menu from "lucide-react/icons/menu";
import Search from "lucide-react/icons/search";
import { useApp } from "../store/app.ts";
import { costText, tokensText } from "../store/format.ts";
import { displayName } from "../store/select.ts";
import { IconButton } from "./button.tsx";
import { openPalette } from "./command-palette.tsx";
import { openDrawer } from "./drawer.ts";

export function ChatHeader({ sessionKey }: { sessionKey: string }) {
  const name = useApp((state) => displayName(state, sessionKey));
  const news = useApp(
    (state) =>
      Object.values(state.sessions).some((row) => row.unread && row.key !== sessionKey) ||
      state.approvals.some((approval) => approval.request.sessionKey !== sessionKey),
  );
  return (
    <header className="print-hide flex min-h-13 items-center gap-2 border-b border-line px-2 md:px-5">
      <span className="relative md:hidden">
        <IconButton label={news ? "Conversations, with news" : "Conversations"} onClick={openDrawer}>
          <Menu size={19} />
        </IconButton>
        {news && <span className="absolute right-1.5 top-1.5 size-2 rounded-full bg-coral" aria-hidden="true" />}
      </span>
      <h1 className="min-w-0 flex-1 truncate font-semibold tracking-tight">{name}</h1>
      <SessionCost sessionKey={sessionKey} />
      <button
        type="button"
        onClick={openPalette}
        className="hidden min-h-9 items-center gap-2 rounded-[0.625rem] px-2.5 text-sm text-soft hover:bg-hover hover:text-ink md:inline-flex"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search size={15} aria-hidden="true" />
        <span className="sr-only">Search and commands</span>
        <span className="kbd" aria-hidden="true">
          {/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ K" : "Ctrl K"}
        </span>
      </button>
    </header>
  );
}

function SessionCost({ sessionKey }: { sessionKey: string }) {
  const row = useApp((state) => state.sessions[sessionKey]);
  if (!row || row.inputTokens + row.outputTokens === 0) return null;
  const full = row.contextTokens > 0 ? Math.min(100, Math.round((row.totalTokens / row.contextTokens) * 100)) : null;
  const title = `This conversation: ${tokensText(row.inputTokens)} tokens in, ${tokensText(row.outputTokens)} out.${full === null ? "" : ` The model's memory of ${tokensText(row.contextTokens)} tokens is ${full}% full.`}`;
  return (
    <p className="flex shrink-0 items-center gap-2 text-xs tabular-nums text-soft" title={title}>
      {full !== null && full > 0 && <ContextRing percent={full} />}
      <span>
        <span className="sr-only">This conversation cost </span>
        {row.estimatedCostUsd > 0 ? costText(row.estimatedCostUsd) : `${tokensText(row.inputTokens + row.outputTokens)} tokens`}
      </span>
    </p>
  );
}

function ContextRing({ percent }: { percent: number }) {
  const around = 2 * Math.PI * 6;
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" role="img" aria-label={`Context ${percent}% full`}>
      <circle cx="8" cy="8" r="6" fill="none" strokeWidth="2.5" className="stroke-line" />
      <circle
        cx="8"
        cy="8"
        r="6"
        fill="none"
        strokeWidth="2.5"
        className={percent > 80 ? "stroke-honey" : "stroke-kelp"}
        strokeDasharray={`${(around * percent) / 100} ${around}`}
        transform="rotate(-90 8 8)"
        strokeLinecap="round"
      />
    </svg>
  );
}
