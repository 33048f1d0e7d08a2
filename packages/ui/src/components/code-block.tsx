/** A block of code with its language and a copy button. Plain at once, coloured when the highlighter is there. */

import { useEffect, useRef, useState } from "react";
import { CopyButton } from "./copy-button.tsx";
import { type Highlighted, highlight, nowHighlighted } from "./highlight.ts";

interface CodeBlockProps {
  code: string;
  language: string;
  label?: string;
  /** Long lines are folded instead of scrolled: nothing may be out of sight. */
  wrap?: boolean;
}

export function CodeBlock({ code, language, label, wrap = false }: CodeBlockProps) {
  const coloured = useHighlighted(code, language);
  return (
    <figure
      className="my-3 overflow-hidden rounded-xl border border-line bg-sunk"
      aria-label={label ?? (language ? `Code, ${language}` : "Code")}
    >
      <figcaption className="flex items-center justify-between pl-3.5 pr-1 text-xs text-soft">
        <span className="font-mono">{label ?? (language || "text")}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      <pre
        className={`code max-h-[32rem] overflow-auto px-3.5 pb-3 ${wrap ? "whitespace-pre-wrap [overflow-wrap:anywhere]" : ""}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard.
        tabIndex={0}
      >
        <code>
          {coloured && <Tokens tokens={coloured.tokens} />}
          {coloured ? code.slice(coloured.code.length) : code}
        </code>
      </pre>
    </figure>
  );
}

function Tokens({ tokens }: { tokens: Highlighted }) {
  let offset = 0;
  return tokens.map((line, index) => (
    <span key={`line-${index.toString()}`}>
      {line.map((token) => {
        offset += 1;
        return (
          <span key={offset} style={token.color ? { color: token.color } : undefined}>
            {token.content}
          </span>
        );
      })}
      {index < tokens.length - 1 ? "\n" : ""}
    </span>
  ));
}

interface Coloured {
  code: string;
  tokens: Highlighted;
}

/** While code streams, colours follow a little behind instead of with every word. */
const colourEveryMs = 120;

/** Colours of the code, or of a beginning of it; null when there are none. */
function useHighlighted(code: string, language: string): Coloured | null {
  const [coloured, setColoured] = useState<Coloured | null>(() => {
    const tokens = nowHighlighted(code, language);
    return tokens && { code, tokens };
  });
  const newest = useRef(code);
  newest.current = code;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const alive = useRef(true);

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);
  useEffect(() => {
    if (timer.current !== undefined || nowHighlighted(code, language) === coloured?.tokens) return;
    timer.current = setTimeout(async () => {
      timer.current = undefined;
      const text = newest.current;
      const tokens = await highlight(text, language);
      if (alive.current && tokens) setColoured({ code: text, tokens });
    }, colourEveryMs);
  }, [code, language, coloured]);
  return coloured && code.startsWith(coloured.code) ? coloured : null;
}
