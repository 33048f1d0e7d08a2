/**
 * Carries an answer's stream to the caller: bytes as they came, watched in passing for what they used. A cut upstream is a cut
 * transfer for the caller, never a clean end; a caller who goes away ends the upstream.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { CallUsage } from "../governor/governor.ts";
import { joinBytes } from "./call-body.ts";
import { OutputEstimate } from "./estimate.ts";
import type { Good, Target } from "./plan.ts";
import { dataOfEvent, lastBoundary, splitEvents } from "./sse.ts";
import { UsageScan } from "./usage-scan.ts";

export interface StreamEnd {
  usage: CallUsage | undefined;
  /** Tokens generated as far as the bytes tell; for when `usage` is absent. */
  estimate: number;
  error: MoltError | null;
  bytes: number;
}

/** Sees every delivered chunk; for caches and records. */
export type Tap = (chunk: Uint8Array) => void;

/** Resolves once when all is over, however it ended. Never rejects. */
export function deliver(good: Good, target: Target, tap: Tap | undefined): { body: ReadableStream; end: Promise<StreamEnd> } {
  const { readable, writable } = new IdentityTransformStream();
  return { body: readable, end: pump(good, target, writable.getWriter(), tap) };
}

async function pump(
  good: Good,
  target: Target,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  tap: Tap | undefined,
): Promise<StreamEnd> {
  const scan = new UsageScan();
  const estimate = new OutputEstimate();
  const strip = target.addedUsage ? new AddedUsageStrip() : undefined;
  let bytes = 0;
  const end = (error: MoltError | null): StreamEnd => ({ usage: scan.usage(), estimate: estimate.tokens(), error, bytes });
  const send = async (chunk: Uint8Array): Promise<void> => {
    bytes += chunk.length;
    tap?.(chunk);
    await writer.write(chunk);
  };
  let writing = false;
  const pass = async (chunk: Uint8Array): Promise<void> => {
    scan.push(chunk);
    estimate.push(chunk);
    const out = strip ? strip.push(chunk) : chunk;
    if (out.length === 0) return;
    writing = true;
    await send(out);
    writing = false;
  };
  // A reader that has gone is noticed even while the provider is silent.
  writer.closed.catch(() => good.source.end());
  try {
    for (const chunk of good.held) await pass(chunk);
    if (!good.ended) for (let chunk = await good.source.read(); chunk; chunk = await good.source.read()) await pass(chunk);
    const rest = strip?.flush();
    if (rest && rest.length > 0) await send(rest);
    await writer.close();
    good.source.finished();
    // A translated stream says in its own dialect that it broke off.
    return end(good.source.fault() ?? null);
  } catch (cause) {
    const error = writing ? new MoltError("ABORTED", { cause }) : (good.source.fault() ?? new MoltError("ABORTED", { cause }));
    const rest = strip?.flush();
    if (!writing && rest && rest.length > 0) await send(rest).catch(() => {});
    good.source.end();
    await writer.abort(error).catch(() => {});
    return end(error);
  }
}

const nothing = new Uint8Array(0);

/** Takes out the chunk that only our own asking for usage brought. Passes whole events on, so that none is half gone when it is judged. */
class AddedUsageStrip {
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
    const text = this.decoder.decode(bytes);
    if (!text.includes('"choices":[]') && !/"choices"\s*:\s*\[\s*\]/.test(text)) return bytes;
    const { events, rest } = splitEvents(text);
    const kept = events.filter((event) => !isUsageAlone(event));
    return kept.length === events.length ? bytes : this.encoder.encode(kept.join("") + rest);
  }
}

function isUsageAlone(event: string): boolean {
  try {
    const json = JSON.parse(dataOfEvent(event)) as Record<string, unknown>;
    return Array.isArray(json.choices) && json.choices.length === 0 && typeof json.usage === "object" && json.usage !== null;
  } catch {
    return false;
  }
}
