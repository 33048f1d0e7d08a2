/** Takes out the chunk that only our own asking for usage brought. Passes whole events on, so that none is half gone when it is judged. */

import { joinBytes } from "./call-body.ts";
import { dataOfEvent, lastBoundary, splitEvents } from "./sse.ts";

const nothing = new Uint8Array(0);

export class AddedUsageStrip {
  private held: Uint8Array[] = [];
  private readonly decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  private readonly encoder = new TextEncoder();

  push(chunk: Uint8Array): Uint8Array {
    const end = lastBoundary(chunk);
    const before = this.held;
    if (end === 0) {
      // The blank line itself may be split between two chunks.
      const joined = joinBytes([...before, chunk]);
      const at = before.length > 0 ? lastBoundary(joined) : 0;
      this.held = at < joined.length ? [joined.subarray(at)] : [];
      return at === 0 ? nothing : this.filter(joined.subarray(0, at));
    }
    const ready = before.length > 0 ? joinBytes([...before, chunk.subarray(0, end)]) : chunk.subarray(0, end);
    this.held = end < chunk.length ? [chunk.subarray(end)] : [];
    return this.filter(ready);
  }

  flush(): Uint8Array {
    const rest = joinBytes(this.held);
    this.held = [];
    return rest;
  }

  private filter(bytes: Uint8Array): Uint8Array {
    if (!mayHoldEmptyList(bytes)) return bytes;
    const text = this.decoder.decode(bytes);
    if (!text.includes('"choices":[]') && !/"choices"\s*:\s*\[\s*\]/.test(text)) return bytes;
    const { events, rest } = splitEvents(text);
    const kept = events.filter((event) => !isUsageAlone(event));
    return kept.length === events.length ? bytes : this.encoder.encode(kept.join("") + rest);
  }
}

/** Nearly no chunk does, and looking at bytes costs a tenth of making text of them. */
function mayHoldEmptyList(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x5b); at !== -1; at = bytes.indexOf(0x5b, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined || next === 0x5d || next <= 0x20) return true;
  }
  return false;
}

function isUsageAlone(event: string): boolean {
  try {
    const json = JSON.parse(dataOfEvent(event)) as Record<string, unknown>;
    return Array.isArray(json.choices) && json.choices.length === 0 && typeof json.usage === "object" && json.usage !== null;
  } catch {
    return false;
  }
}
