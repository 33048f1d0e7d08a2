/**
 * The conversation. Turns are held in blocks; a block far from the window is only its height, so that ten thousand
 * messages scroll like ten. Earlier pages are fetched before you reach their edge, and what you look at stays in place.
 */

import ArrowDown from "lucide-react/icons/arrow-down";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useStickToBottom } from "use-stick-to-bottom";
import { threadOf, useApp } from "../store/app.ts";
import { loadEarlier } from "../store/talk.ts";
import { turnsOf } from "../store/turns.ts";
import { OutgoingList } from "./outgoing-list.tsx";
import { TurnBlock } from "./turn-block.tsx";
import { blocksOf } from "./turn-blocks.ts";
import { LooseAnswer } from "./turn-view.tsx";

const smooth = { stiffness: 0.12, damping: 0.8, mass: 1 };

export function Transcript({ sessionKey }: { sessionKey: string }) {
  const messages = useApp((state) => threadOf(state, sessionKey).messages);
  const run = useApp((state) => threadOf(state, sessionKey).run);
  const waiting = useApp((state) => threadOf(state, sessionKey).outgoing.length);
  const { scrollRef, contentRef, isAtBottom, scrollToBottom } = useStickToBottom({
    initial: "instant",
    resize: run && !prefersStill() ? smooth : "instant",
  });
  const blocks = useMemo(() => blocksOf(turnsOf(messages)), [messages]);
  const anchor = useScrollAnchor(scrollRef, messages[0]?.__openclaw.id);

  // Sending always brings the end into view, wherever you were reading.
  useEffect(() => {
    if (waiting > 0) void scrollToBottom({ animation: prefersStill() ? "instant" : smooth });
  }, [waiting, scrollToBottom]);

  return (
    <div className="print-flow relative min-h-0 flex-1">
      <div
        ref={scrollRef}
        className="print-flow relative h-full overflow-y-auto overscroll-contain [scrollbar-gutter:stable_both-edges]"
        data-transcript
      >
        <section ref={contentRef} aria-label="Conversation" className="mx-auto w-full max-w-[47rem] px-4 pb-4 pt-6 sm:px-6">
          <EarlierEdge sessionKey={sessionKey} onBefore={anchor} />
          {blocks.map((block, index) => (
            <TurnBlock
              key={block.id}
              block={block}
              sessionKey={sessionKey}
              isLast={index === blocks.length - 1}
              keep={index >= blocks.length - 2}
            />
          ))}
          {blocks.length > 0 ? null : run && <LooseAnswer run={run} sessionKey={sessionKey} />}
          <OutgoingList sessionKey={sessionKey} />
        </section>
      </div>
      {!isAtBottom && (
        <button
          type="button"
          onClick={() => scrollToBottom({ animation: prefersStill() ? "instant" : smooth })}
          className="print-hide absolute bottom-3 left-1/2 flex min-h-9 -translate-x-1/2 animate-fade items-center gap-1.5 rounded-full border border-line bg-raised px-3.5 text-sm text-soft shadow-soft hover:text-ink"
        >
          <ArrowDown size={15} aria-hidden="true" /> {run ? "Follow the answer" : "To the end"}
        </button>
      )}
    </div>
  );
}

function EarlierEdge({ sessionKey, onBefore }: { sessionKey: string; onBefore(): void }) {
  const hasMore = useApp((state) => threadOf(state, sessionKey).hasMore);
  const loading = useApp((state) => threadOf(state, sessionKey).loadingEarlier);
  const edge = useRef<HTMLDivElement>(null);
  const load = useCallback(() => {
    onBefore();
    void loadEarlier(sessionKey);
  }, [sessionKey, onBefore]);
  useEffect(() => {
    const element = edge.current;
    if (!element || !hasMore || loading) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), { rootMargin: "1200px 0px 0px 0px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasMore, loading, load]);
  if (!hasMore) return null;
  return (
    <div ref={edge} className="print-hide pb-4 text-center text-sm text-soft">
      {loading ? (
        "Fetching earlier messages…"
      ) : (
        <button type="button" className="underline underline-offset-2" onClick={load}>
          Show earlier messages
        </button>
      )}
    </div>
  );
}

/** Keeps what is on screen where it is when rows are put in above it. */
function useScrollAnchor(scrollRef: { current: HTMLElement | null }, firstId: string | undefined): () => void {
  const fromEnd = useRef<number | null>(null);
  const remember = useCallback(() => {
    const element = scrollRef.current;
    if (element) fromEnd.current = element.scrollHeight - element.scrollTop;
  }, [scrollRef]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when rows were put in above, which the first id tells.
  useLayoutEffect(() => {
    const element = scrollRef.current;
    if (element && fromEnd.current !== null) element.scrollTop = element.scrollHeight - fromEnd.current;
    fromEnd.current = null;
  }, [firstId]);
  return remember;
}

function prefersStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
