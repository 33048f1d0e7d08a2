/**
 * Cuts long Markdown into messages: between blocks first, then lines, sentences, words; a code block that is cut is closed
 * and opened again. `lengthOf` measures a piece as the provider counts it. Pure; never cuts a surrogate pair.
 */

interface Block {
  text: string;
  /** Opening line of the code block this is. */
  fence?: string;
}

export function splitMarkdown(
  markdown: string,
  limit: number,
  lengthOf: (text: string) => number = (text) => text.length,
): string[] {
  const text = markdown.trim();
  if (text === "") return [];
  if (lengthOf(text) <= limit) return [text];
  const pieces: string[] = [];
  let open = "";
  const flush = () => {
    if (open.trim() !== "") pieces.push(open.trim());
    open = "";
  };
  for (const block of blocksOf(text)) {
    const joined = open === "" ? block.text : `${open}\n\n${block.text}`;
    if (lengthOf(joined) <= limit) {
      open = joined;
      continue;
    }
    flush();
    const parts = lengthOf(block.text) <= limit ? [block.text] : cutBlock(block, limit, lengthOf);
    pieces.push(...parts.slice(0, -1));
    open = parts.at(-1) ?? "";
  }
  flush();
  return pieces;
}

/** Paragraphs and whole code blocks. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let fence: { mark: string; line: string } | undefined;
  const flush = () => {
    const joined = lines.join("\n");
    if (joined.trim() !== "") blocks.push({ text: joined, ...(fence ? { fence: fence.line } : {}) });
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      lines.push(line);
      if (mark?.startsWith(fence.mark) && line.trim() === mark) {
        flush();
        fence = undefined;
      }
    } else if (mark) {
      flush();
      fence = { mark, line };
      lines.push(line);
    } else if (line.trim() === "") flush();
    else lines.push(line);
  }
  flush();
  return blocks;
}

function cutBlock(block: Block, limit: number, lengthOf: (text: string) => number): string[] {
  if (block.fence === undefined) return cutText(block.text, limit, lengthOf);
  const [, mark = "```", language = ""] = /(`{3,}|~{3,})\s*([\w+#.-]{0,40})/.exec(block.fence) ?? [];
  const lines = block.text.split("\n").slice(1);
  if (lines.at(-1)?.trim() === mark) lines.pop();
  const wrap = (inner: string) => `${mark}${language}\n${inner}\n${mark}`;
  return cutText(lines.join("\n"), limit, (inner) => lengthOf(wrap(inner)), true).map(wrap);
}

const breaks = [/\n/g, /(?<=[.!?:;…。！？])\s/g, /\s/g];

/** Takes the longest head that fits and ends at the best kind of break in its second half, again and again. */
function cutText(text: string, limit: number, lengthOf: (text: string) => number, keepIndent = false): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (lengthOf(rest) > limit) {
    const room = longestFitting(rest, limit, lengthOf);
    const head = rest.slice(0, room);
    const at = breakIn(head);
    const piece = rest.slice(0, at);
    pieces.push(keepIndent ? piece.replace(/\n$/, "") : piece.trim());
    rest = keepIndent ? rest.slice(at).replace(/^\n/, "") : rest.slice(at).trimStart();
  }
  if (rest.trim() !== "") pieces.push(keepIndent ? rest : rest.trim());
  return pieces;
}

/** Formatting only ever shortens or lengthens a little, so the search over lengths is close to monotone; the result always fits. */
function longestFitting(text: string, limit: number, lengthOf: (text: string) => number): number {
  let low = 1;
  let high = Math.min(text.length, limit * 4);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (lengthOf(text.slice(0, middle)) <= limit) low = middle;
    else high = middle - 1;
  }
  const code = text.charCodeAt(low - 1);
  // A high surrogate at the end would part from its other half.
  return code >= 0xd800 && code <= 0xdbff && low > 1 ? low - 1 : low;
}

function breakIn(head: string): number {
  for (const kind of breaks) {
    const at = [...head.matchAll(kind)].at(-1)?.index ?? 0;
    if (at > head.length / 2) return at;
  }
  return head.length;
}
