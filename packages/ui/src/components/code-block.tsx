/** A block of code with its language and a copy button. Plain at once, coloured when the highlighter is there. */

import { useEffect, useState } from "react";
import { CopyButton } from "./copy-button.tsx";
import { type Highlighted, highlight, nowHighlighted } from "./highlight.ts";

export function CodeBlock({ code, language, label }: { code: string; language: string; label?: string }) {
  const tokens = useHighlighted(code, language);
  return (
    <figure
      className="my-3 overflow-hidden rounded-xl border border-line bg-sunk"
      aria-label={label ?? (language ? `Code, ${language}` : "Code")}
    >
      <figcaption className="flex items-center justify-between pl-3.5 pr-1 text-xs text-soft">
        <span className="font-mono">{label ?? (language || "text")}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard. */}
      <pre className="code max-h-[32rem] overflow-auto px-3.5 pb-3" tabIndex={0}>
        <code>{tokens ? <Tokens tokens={tokens} /> : code}</code>
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

function useHighlighted(code: string, language: string): Highlighted | null {
  const [tokens, setTokens] = useState<Highlighted | null>(() => nowHighlighted(code, language));
  useEffect(() => {
    let current = true;
    // While it still streams, colours follow a little behind instead of with every word.
    const timer = setTimeout(
      () => highlight(code, language).then((next) => current && setTokens(next)),
      nowHighlighted(code, language) ? 0 : 60,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [code, language]);
  // Colours of an older text must never hide newer words.
  return tokens && lengthOf(tokens) === code.length ? tokens : null;
}

function lengthOf(tokens: Highlighted): number {
  return tokens.reduce(
    (sum, line) => sum + line.reduce((width, token) => width + token.content.length, 0),
    Math.max(0, tokens.length - 1),
  );
}
