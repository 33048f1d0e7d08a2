/** Conversations: pinned first, then by day; searched here and on the server as you type. */

import type { SessionRow } from "@moltworker/protocol/rows";
import { useEffect, useRef, useState } from "react";
import { useApp } from "../store/app.ts";
import { dayGroup } from "../store/format.ts";
import { sessionRows } from "../store/select.ts";
import { loadMoreSessions, searchSessions } from "../store/sessions.ts";
import { SessionItem } from "./session-item.tsx";

const searchFrom = 6;
const typingPauseMs = 180;

export function SessionList({ onOpen }: { onOpen(): void }) {
  const rows = useApp(sessionRows);
  const hasMore = useApp((state) => state.sessionsHasMore);
  const [query, setQuery] = useState("");
  const found = useFound(query);
  const words = query.trim().toLowerCase();
  const shown =
    words === ""
      ? rows
      : rows.filter((row) => found.has(row.key) || `${row.displayName} ${row.lastMessage ?? ""}`.toLowerCase().includes(words));
  return (
    <>
      {(rows.length >= searchFrom || query !== "") && (
        <div className="px-3 pb-1">
          <input
            type="search"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            placeholder="Search conversations"
            aria-label="Search conversations"
            className="field w-full text-sm"
          />
        </div>
      )}
      <nav aria-label="Conversations" className="relative min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {grouped(shown).map(([group, members]) => (
          <section key={group} aria-label={group}>
            <h2 className="px-2.5 pb-1 pt-3 text-xs text-soft">{group}</h2>
            <ul>
              {members.map((row) => (
                <SessionItem key={row.key} row={row} onOpen={onOpen} />
              ))}
            </ul>
          </section>
        ))}
        {shown.length === 0 && (
          <p className="px-3 py-4 text-sm text-soft">
            {words === "" ? "Your conversations will stand here." : `Nothing was found for “${query.trim()}”.`}
          </p>
        )}
        {hasMore && words === "" && <MoreEdge />}
      </nav>
    </>
  );
}

function grouped(rows: SessionRow[]): [string, SessionRow[]][] {
  const now = Date.now();
  const groups = new Map<string, SessionRow[]>();
  for (const row of rows) {
    const name = row.pinned ? "Pinned" : dayGroup(row.updatedAt, now);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups];
}

/** Keys that the server found for the words typed; messages are searched there too. */
function useFound(query: string): ReadonlySet<string> {
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const text = query.trim();
    if (text === "") return setFound(new Set());
    let current = true;
    const timer = setTimeout(() => {
      searchSessions(text).then(
        (keys) => current && setFound(new Set(keys)),
        () => {},
      );
    }, typingPauseMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);
  return found;
}

function MoreEdge() {
  const edge = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!edge.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void loadMoreSessions());
    observer.observe(edge.current);
    return () => observer.disconnect();
  });
  return (
    <button
      ref={edge}
      type="button"
      className="px-3 py-2 text-sm text-soft underline underline-offset-2"
      onClick={loadMoreSessions}
    >
      Show older ones
    </button>
  );
}
