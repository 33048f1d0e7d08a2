/** The frames of an event stream. */

const boundary = /\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n/g;

/** Whole events, each with its blank line, and what has not ended yet. */
export function splitEvents(text: string): { events: string[]; rest: string } {
  const events: string[] = [];
  let from = 0;
  boundary.lastIndex = 0;
  for (let match = boundary.exec(text); match; match = boundary.exec(text)) {
    const end = match.index + match[0].length;
    // Half of a `\r\n` may still be on its way.
    if (end === text.length && match[0] === "\r\r") break;
    events.push(text.slice(from, end));
    from = end;
  }
  return { events, rest: text.slice(from) };
}

const newline = 0x0a;
const carriage = 0x0d;

/** Where the last whole event of these bytes ends; 0 when none does. */
export function lastBoundary(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    if (bytes[at] !== newline) continue;
    const before = bytes[at - 1];
    if (before === newline || (before === carriage && bytes[at - 2] === newline)) return at + 1;
  }
  return 0;
}

/** Data of one event, its lines joined as the standard says. */
export function dataOfEvent(event: string): string {
  const lines: string[] = [];
  for (const line of event.split(/\r\n|\r|\n/))
    if (line.startsWith("data:")) lines.push(line.charAt(5) === " " ? line.slice(6) : line.slice(5));
  return lines.join("\n");
}
