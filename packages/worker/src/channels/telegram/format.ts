/**
 * Markdown as Telegram shows it: plain text and entities with offsets in UTF-16 units, so nothing has to be escaped and no
 * piece of text can break the formatting. What Telegram lacks is told in words: headings are bold, tables are fixed-width.
 */

export interface Entity {
  type: "bold" | "italic" | "strikethrough" | "code" | "pre" | "text_link" | "blockquote";
  offset: number;
  length: number;
  url?: string;
  language?: string;
}

export interface Formatted {
  text: string;
  entities: Entity[];
}

/** Telegram takes no more in one message. */
const entityLimit = 100;

export function formatMarkdown(markdown: string): Formatted {
  const out = new Writer();
  const lines = markdown.replaceAll("\r\n", "\n").trim().split("\n");
  for (let at = 0; at < lines.length; at = block(lines, at, out)) if (out.text !== "") out.write("\n");
  const text = out.text.trimEnd();
  const entities = out.entities
    .map((entity) => ({ ...entity, length: Math.min(entity.length, text.length - entity.offset) }))
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
    .slice(0, entityLimit);
  return { text, entities };
}

class Writer {
  text = "";
  entities: Entity[] = [];

  write(text: string): void {
    this.text += text;
  }

  /** Everything that `work` writes gets the entity; blanks at its ends stay outside, as Telegram wants it. */
  within(entity: Omit<Entity, "offset" | "length">, work: () => void): void {
    const start = this.text.length;
    work();
    const written = this.text.slice(start);
    const lead = written.length - written.trimStart().length;
    const length = written.trim().length;
    if (length > 0) this.entities.push({ ...entity, offset: start + lead, length });
  }
}

/** Writes the block that begins at `at`; returns the line after it. */
function block(lines: readonly string[], at: number, out: Writer): number {
  const line = lines[at] ?? "";
  const fence = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(line);
  if (fence) return codeBlock(lines, at, out, fence[1] ?? "```", fence[2] ?? "");
  if (/^\s*>/.test(line)) return quote(lines, at, out);
  if (isTable(lines, at)) return table(lines, at, out);
  const heading = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line);
  if (heading) out.within({ type: "bold" }, () => inline(heading[1] ?? "", out));
  else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) out.write("———");
  else
    inline(
      line.replace(/^(\s*)[-*+]\s+(\[[ xX]\]\s+)?/, (_, indent: string, box?: string) => `${indent}${bullet(box)}`),
      out,
    );
  return at + 1;
}

function bullet(box: string | undefined): string {
  if (box === undefined) return "• ";
  return /x/i.test(box) ? "☑ " : "☐ ";
}

function codeBlock(lines: readonly string[], at: number, out: Writer, mark: string, language: string): number {
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? "").trim().startsWith(mark)) end += 1;
  const code = lines.slice(at + 1, end).join("\n");
  const start = out.text.length;
  out.write(code);
  if (code.length > 0) out.entities.push({ type: "pre", offset: start, length: code.length, ...(language ? { language } : {}) });
  return end + 1;
}

function quote(lines: readonly string[], at: number, out: Writer): number {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end] ?? "")) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^\s*>\s?/, ""));
  out.within({ type: "blockquote" }, () => {
    for (const [index, line] of inner.entries()) {
      if (index > 0) out.write("\n");
      inline(line, out);
    }
  });
  return end;
}

const isTable = (lines: readonly string[], at: number): boolean =>
  (lines[at] ?? "").includes("|") &&
  /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "") &&
  (lines[at + 1] ?? "").includes("-");

/** Fixed width, so that columns stay columns. */
function table(lines: readonly string[], at: number, out: Writer): number {
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? "").includes("|")) end += 1;
  const rows = [lines[at] ?? "", ...lines.slice(at + 2, end)].map(cellsOf);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const text = rows
    .map((row) =>
      widths
        .map((width, column) => (row[column] ?? "").padEnd(width))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
  const start = out.text.length;
  out.write(text);
  out.entities.push({ type: "pre", offset: start, length: text.length });
  return end;
}

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim().replace(/\*\*|__|`/g, ""));

/** Tried in this order at each place; the first that fits wins. */
const marks: { pattern: RegExp; write(match: RegExpExecArray, out: Writer): void }[] = [
  { pattern: /\\([\\`*_{}[\]()#+\-.!~|>])/y, write: (match, out) => out.write(match[1] ?? "") },
  {
    pattern: /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y,
    write: (match, out) => out.within({ type: "code" }, () => out.write(match[2] ?? "")),
  },
  {
    pattern: /!?\[((?:[^[\]]|\[[^\]]*\])*)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))+)>?(?:\s+"[^"]*")?\s*\)/y,
    write: (match, out) => link(match[1] ?? "", match[2] ?? "", out),
  },
  { pattern: /<(https?:\/\/[^\s<>]+)>/y, write: (match, out) => out.write(match[1] ?? "") },
  {
    pattern: /\*\*\*(?=\S)([\s\S]*?\S)\*\*\*/y,
    write: (match, out) => out.within({ type: "bold" }, () => out.within({ type: "italic" }, () => inline(match[1] ?? "", out))),
  },
  {
    pattern: /\*\*(?=\S)([\s\S]*?\S)\*\*(?!\*)/y,
    write: (match, out) => out.within({ type: "bold" }, () => inline(match[1] ?? "", out)),
  },
  {
    pattern: /__(?=\S)([\s\S]*?\S)__(?!\w)/y,
    write: (match, out) => out.within({ type: "bold" }, () => inline(match[1] ?? "", out)),
  },
  {
    pattern: /~~(?=\S)([\s\S]*?\S)~~/y,
    write: (match, out) => out.within({ type: "strikethrough" }, () => inline(match[1] ?? "", out)),
  },
  {
    pattern: /\*(?=[^\s*])([^*]*?[^\s*])\*(?!\*)/y,
    write: (match, out) => out.within({ type: "italic" }, () => inline(match[1] ?? "", out)),
  },
  {
    pattern: /_(?=[^\s_])([^_]*?[^\s_])_(?!\w)/y,
    write: (match, out) => out.within({ type: "italic" }, () => inline(match[1] ?? "", out)),
  },
];

function inline(text: string, out: Writer): void {
  let at = 0;
  while (at < text.length) {
    const next = nextMark(text, at);
    out.write(text.slice(at, next));
    at = next;
    if (at >= text.length) return;
    const inWord = at > 0 && /\w/.test(text[at - 1] ?? "");
    let used = 1;
    for (const { pattern, write } of marks) {
      // Underscores inside words are part of names.
      if (inWord && text[at] === "_") break;
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (!match) continue;
      write(match, out);
      used = match[0].length;
      break;
    }
    if (used === 1) out.write(text.slice(at, at + 1));
    at += used;
  }
}

function nextMark(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if ("\\`![<*_~".includes(text[at] ?? "")) return at;
  return text.length;
}

/** Telegram links to the web and to its own addresses only; a link elsewhere is told in words. */
function link(label: string, url: string, out: Writer): void {
  if (/^(https?|tg|mailto):/i.test(url) && !/^mailto:/i.test(url))
    return out.within({ type: "text_link", url }, () => inline(label, out));
  inline(label, out);
  if (label !== url && !url.startsWith("#")) out.write(` (${url.replace(/^mailto:/i, "")})`);
}
