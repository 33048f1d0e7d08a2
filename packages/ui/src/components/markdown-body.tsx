/**
 * Markdown of a model is foreign text: no HTML of its own, no picture from elsewhere (that would tell a stranger that
 * you read it), links open apart and carry no referrer.
 */

import type { ComponentProps, ReactNode } from "react";
import { isValidElement } from "react";
import { type Components, Streamdown } from "streamdown";
import { CodeBlock } from "./code-block.tsx";

type Node = { node?: unknown };

const components = {
  pre: Pre,
  a: Link,
  img: Picture,
  table: Table,
  // The page's own headings are h1 and h2, so an answer's begin at h3; they look as they were meant.
  h1: heading("h3", "first"),
  h2: heading("h4", "second"),
  h3: heading("h5", "third"),
  h4: heading("h6", "fourth"),
  ...plain("h5", "h6", "strong", "ul", "ol", "li", "blockquote", "hr", "thead", "tbody", "tr", "th", "td", "p", "sup", "sub"),
  inlineCode: ({ node: _node, ...rest }: ComponentProps<"code"> & Node) => <code {...rest} />,
} as unknown as Components;

export function MarkdownBody({ text, live }: { text: string; live: boolean }) {
  return (
    <Streamdown
      className="prose"
      components={components}
      controls={false}
      isAnimating={live}
      mode={live ? "streaming" : "static"}
      parseIncompleteMarkdown={live}
      skipHtml
      linkSafety={{ enabled: false }}
    >
      {text}
    </Streamdown>
  );
}

/** Elements drawn as themselves, so that the page's own stylesheet is the only one. */
function plain(...tags: (keyof React.JSX.IntrinsicElements)[]): Record<string, unknown> {
  return Object.fromEntries(
    tags.map((Tag) => [Tag, ({ node: _node, ...rest }: Node & Record<string, unknown>) => <Tag {...rest} />]),
  );
}

function heading(Tag: "h3" | "h4" | "h5" | "h6", rank: string) {
  return ({ node: _node, className: _className, ...rest }: ComponentProps<"h3"> & Node) => (
    <Tag {...rest} className={`heading-${rank}`} />
  );
}

function Table({ node: _node, ...rest }: ComponentProps<"table"> & Node) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard.
    <section className="overflow-x-auto" aria-label="Table" tabIndex={0}>
      <table {...rest} />
    </section>
  );
}

function Pre({ children }: { children?: ReactNode }) {
  const props = (isValidElement(children) ? children.props : {}) as { className?: string; children?: ReactNode };
  const language = /language-([\w+#.-]+)/.exec(props.className ?? "")?.[1] ?? "";
  return <CodeBlock code={plainText(props.children).replace(/\n$/, "")} language={language} />;
}

function Link({ node: _node, href, children, ...rest }: ComponentProps<"a"> & Node) {
  if (!href || href === "streamdown:incomplete-link") return <span>{children}</span>;
  return (
    <a {...rest} href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

function Picture({ src, alt }: ComponentProps<"img"> & Node) {
  if (typeof src === "string" && src.startsWith("/api/blobs/"))
    return <img src={src} alt={alt ?? ""} className="max-h-96 rounded-lg" loading="lazy" />;
  return typeof src === "string" ? <Link href={src}>{alt || src}</Link> : <span>{alt}</span>;
}

function plainText(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(plainText).join("");
  return isValidElement(node) ? plainText((node.props as { children?: ReactNode }).children) : "";
}
