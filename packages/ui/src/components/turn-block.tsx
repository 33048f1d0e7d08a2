/** A block of turns: drawn when near the window, otherwise only its height. Printing draws all. */

import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Block, guessedHeight } from "./turn-blocks.ts";
import { TurnView } from "./turn-view.tsx";

const nearMargin = "1800px 0px";

export function TurnBlock({
  block,
  sessionKey,
  isLast,
  keep,
}: {
  block: Block;
  sessionKey: string;
  isLast: boolean;
  keep: boolean;
}) {
  const element = useRef<HTMLDivElement>(null);
  const height = useRef<number | null>(null);
  const [near, setNear] = useState(keep);
  const printing = usePrinting();
  const drawn = near || keep || printing;

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        if (!entry.isIntersecting) height.current = entry.boundingClientRect.height;
        setNear(entry.isIntersecting);
      },
      { root: target.closest("[data-transcript]"), rootMargin: nearMargin },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={element} style={drawn ? undefined : { height: height.current ?? guessedHeight(block) }}>
      {drawn &&
        block.turns.map((turn, index) => (
          <TurnView key={turn.id} turn={turn} sessionKey={sessionKey} isLast={isLast && index === block.turns.length - 1} />
        ))}
    </div>
  );
}

function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true));
    const after = () => setPrinting(false);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
  return printing;
}
