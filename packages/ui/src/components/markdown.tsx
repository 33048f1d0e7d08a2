/** Text of an answer. The words stand there at once; the formatter is a separate, larger script that arrives a moment later. */

import { lazy, memo, Suspense } from "react";

const load = () => import("./markdown-body.tsx");
const MarkdownBody = lazy(() => load().then((module) => ({ default: module.MarkdownBody })));

/** Fetches the formatter ahead of its first use. */
export function preloadMarkdown(): void {
  void load();
}

export const Markdown = memo(function Markdown({ text, live }: { text: string; live: boolean }) {
  return (
    <Suspense fallback={<div className="prose whitespace-pre-wrap">{text}</div>}>
      <MarkdownBody text={text} live={live} />
    </Suspense>
  );
});
