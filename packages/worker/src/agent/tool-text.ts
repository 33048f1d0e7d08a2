/** The cap on what a tool may say to the model. Applied once, when the result enters the log. Pure. */

/** Characters of a tool result that are kept: about 8,000 tokens. */
export const maxToolTextChars = 32_000;

/** The end of an output holds its verdict more often than its middle does. */
const tailShare = 0.3;

/** Well-formed text of at most `maxChars` characters: head and tail, with a line between them that says how much was cut. */
export function capToolText(text: string, maxChars = maxToolTextChars): string {
  const clean = text.toWellFormed().replaceAll("\0", "\u{FFFD}");
  if (clean.length <= maxChars) return clean;
  // Room for the notice, whose numbers are not known yet.
  const room = Math.max(0, maxChars - 100);
  const head = cutEnd(clean, room - Math.floor(room * tailShare));
  const tail = cutStart(clean, Math.floor(room * tailShare));
  const cut = clean.length - head.length - tail.length;
  return `${head}\n[… ${cut} of ${clean.length} characters left out here …]\n${tail}`;
}

/** At most `chars` from the start, ending with a whole line when one ends nearby and never inside a surrogate pair. */
function cutEnd(text: string, chars: number): string {
  const piece = text.slice(0, chars);
  const newline = piece.lastIndexOf("\n");
  if (newline > chars * 0.8) return piece.slice(0, newline);
  return isHighSurrogate(piece.charCodeAt(piece.length - 1)) ? piece.slice(0, -1) : piece;
}

function cutStart(text: string, chars: number): string {
  if (chars === 0) return "";
  const piece = text.slice(-chars);
  const newline = piece.indexOf("\n");
  if (newline !== -1 && newline < chars * 0.2) return piece.slice(newline + 1);
  return isHighSurrogate(text.charCodeAt(text.length - chars - 1)) ? piece.slice(1) : piece;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
