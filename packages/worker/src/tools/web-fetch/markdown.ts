/**
 * HTML to Markdown for a model to read: text, headings, lists, links, tables, code. One pass of a SAX parser, so a large
 * or broken page costs its length. What a reader cannot see is left out: it is where instructions to machines hide.
 */

import { Parser } from "htmlparser2";
import { MarkdownWriter } from "./markdown-writer.ts";

const skipped = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "math",
  "iframe",
  "object",
  "canvas",
  "video",
  "audio",
  "select",
  "textarea",
  "button",
  "dialog",
  "head",
]);
/** Left out of the page's main part, kept when it has none. */
const around = new Set(["nav", "footer", "aside"]);
const blocks = new Set([
  "p",
  "div",
  "section",
  "header",
  "main",
  "article",
  "figure",
  "figcaption",
  "dl",
  "dt",
  "dd",
  "details",
  "summary",
  "address",
  "form",
  "fieldset",
  "tbody",
  "thead",
  "nav",
  "footer",
  "aside",
  "body",
]);

const maxDepth = 1_000;
const chunkChars = 16_384;
/** A main part shorter than this is taken for decoration unless it is most of the page. */
const minMainChars = 400;

/** `url` is the page's own address; links become absolute. */
export function markdownFromHtml(html: string, url: string): string {
  const page = new Page(url);
  const parser = new Parser({
    onopentag: (name, attributes) => page.open(name, attributes),
    ontext: (text) => page.text(text),
    onclosetag: (name) => page.close(name),
  });
  // In pieces: the parser looks through its stack of open elements, which a hostile page can make as deep as it likes.
  let offset = 0;
  while (offset < html.length && page.depth < maxDepth) {
    parser.write(html.slice(offset, offset + chunkChars));
    offset += chunkChars;
  }
  parser.end();
  const note = offset < html.length ? "\n\n[the rest of the page is nested too deeply to read]" : "";
  return page.markdown() + note;
}

class Page {
  depth = 0;
  readonly #writer = new MarkdownWriter();
  readonly #url: string;
  /** Pieces of the page's main parts. */
  readonly #mains: { start: number; end?: number }[] = [];
  readonly #marks: { name: string; place: number; href?: string }[] = [];
  #title = "";
  #inTitle = false;
  /** Depth of the element that is being left out, or that is the main part; 0 when none is. */
  #skipFrom = 0;
  #mainFrom = 0;

  constructor(url: string) {
    this.#url = url;
  }

  open(name: string, attributes: Record<string, string>): void {
    this.depth += 1;
    if (name === "title" && this.#title === "") this.#inTitle = true;
    if (this.#skipFrom > 0) return;
    if (skipped.has(name) || isHidden(attributes) || (this.#mainFrom > 0 && around.has(name))) {
      this.#skipFrom = this.depth;
      return;
    }
    if (this.#mainFrom === 0 && (name === "main" || name === "article" || attributes.role === "main")) {
      this.#writer.closeBlock();
      this.#mainFrom = this.depth;
      this.#mains.push({ start: this.#writer.position });
    }
    this.#openVisible(name, attributes);
  }

  text(text: string): void {
    if (this.#inTitle) this.#title += text;
    else if (this.#skipFrom === 0) this.#writer.text(text);
  }

  close(name: string): void {
    if (name === "title") this.#inTitle = false;
    if (this.#skipFrom === 0) this.#closeVisible(name);
    if (this.#skipFrom === this.depth) this.#skipFrom = 0;
    if (this.#mainFrom === this.depth) {
      this.#mainFrom = 0;
      const main = this.#mains.at(-1);
      if (main) main.end = this.#writer.position;
    }
    this.depth -= 1;
  }

  markdown(): string {
    const all = this.#writer.slice();
    const main = this.#mains
      .map(({ start, end }) => this.#writer.slice(start, end))
      .filter(Boolean)
      .join("\n\n");
    const body = main.length > minMainChars || main.length * 2 > all.length ? main : all;
    const title = this.#title.replace(/\s+/g, " ").trim();
    return title === "" || body.startsWith(`# ${title}`) ? body : `# ${title}\n\n${body}`.trim();
  }

  #openVisible(name: string, attributes: Record<string, string>): void {
    const writer = this.#writer;
    if (/^h[1-6]$/.test(name)) writer.openBlock(`${"#".repeat(Number(name[1]))} `);
    else if (blocks.has(name)) writer.openBlock();
    else if (name === "br") writer.line();
    else if (name === "hr") writer.rule();
    else if (name === "ul" || name === "ol") writer.openList(name === "ol");
    else if (name === "li") writer.openItem();
    else if (name === "blockquote") writer.openBlock("> ");
    else if (name === "pre") writer.openCode();
    else if (name === "tr") writer.openRow();
    else if (name === "td" || name === "th") writer.openCell();
    else if (name === "a") this.#marks.push({ name, place: writer.openMark("["), href: this.#absolute(attributes.href) });
    else if (name === "img" && attributes.alt?.trim()) writer.text(` [image: ${attributes.alt.trim()}] `);
    else if (inlineMarks[name]) this.#marks.push({ name, place: writer.openMark(inlineMarks[name]) });
  }

  #closeVisible(name: string): void {
    const writer = this.#writer;
    if (name === "ul" || name === "ol") writer.closeList();
    else if (name === "pre") writer.closeCode();
    else if (name === "table") writer.endTable();
    else if (name === "a" || inlineMarks[name]) this.#closeMark(name);
    else if (blocks.has(name) || /^h[1-6]$/.test(name) || name === "blockquote") writer.closeBlock();
  }

  #closeMark(name: string): void {
    const mark = this.#marks.pop();
    if (!mark) return;
    if (name !== "a") this.#writer.closeMark(mark.place, inlineMarks[name]);
    else this.#writer.closeMark(mark.place, mark.href && `](${mark.href})`, mark.href && `(${mark.href})`);
  }

  /** undefined for what is no address of another page. */
  #absolute(href: string | undefined): string | undefined {
    if (href === undefined || href.startsWith("#") || href.length > 2_000) return undefined;
    const url = URL.parse(href, this.#url);
    return url && (url.protocol === "http:" || url.protocol === "https:" || url.protocol === "mailto:") ? url.href : undefined;
  }
}

const inlineMarks: Record<string, string | undefined> = { strong: "**", b: "**", em: "*", i: "*", code: "`", kbd: "`" };

function isHidden(attributes: Record<string, string>): boolean {
  return (
    "hidden" in attributes ||
    attributes["aria-hidden"] === "true" ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style ?? "")
  );
}
