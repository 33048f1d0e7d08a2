/**
 * Whether each request of a conversation begins with the one before it: providers charge a tenth for a prefix they have in
 * their cache, and one changed byte makes the rest full price. Compared by hashes of pieces, so that no text is kept.
 */

import type { PrefixBreak } from "@moltworker/protocol/gateway";
import type { RateCard } from "../rate-card.ts";

/** A break is told to this many bytes. */
const pieceBytes = 256;
/** Providers forget a prefix about as soon. */
const cacheLifeMs = 300_000;
const mostConversations = 200;

interface Seen {
  ref: string;
  hashes: Int32Array;
  bytes: number;
  /** Prompt tokens, once the provider told. */
  tokens: number;
  at: number;
}

export interface Comparison {
  /** Bytes that are still the same, to the piece; undefined when the request goes on where the last one ended. */
  brokeAt: number | undefined;
  previous: Pick<Seen, "bytes" | "tokens"> | undefined;
}

export class PrefixWatch {
  private readonly seen = new Map<string, Seen>();

  /** `text` is the whole request in the order in which the provider reads it: tools, system, messages. */
  compare(conversation: string, ref: string, text: string, now: number): Comparison {
    const bytes = new TextEncoder().encode(text);
    const hashes = hashesOf(bytes);
    const last = this.seen.get(conversation);
    this.seen.delete(conversation);
    this.seen.set(conversation, { ref, hashes, bytes: bytes.length, tokens: 0, at: now });
    for (const key of this.seen.keys()) {
      if (this.seen.size <= mostConversations) break;
      this.seen.delete(key);
    }
    if (!last || last.ref !== ref || now - last.at > cacheLifeMs) return { brokeAt: undefined, previous: undefined };
    // The last piece was not full; what followed it is no break.
    const whole = Math.floor(last.bytes / pieceBytes);
    for (let at = 0; at < whole; at += 1) if (last.hashes[at] !== hashes[at]) return { brokeAt: at * pieceBytes, previous: last };
    return { brokeAt: undefined, previous: last };
  }

  noteTokens(conversation: string, tokens: number): void {
    const seen = this.seen.get(conversation);
    if (seen) seen.tokens = tokens;
  }
}

/** What the break cost, when there was one and the provider's cache is cheaper than fresh tokens. */
export function breakCost({ brokeAt, previous }: Comparison, card: RateCard | null | undefined): PrefixBreak | null {
  if (brokeAt === undefined || !previous || previous.tokens === 0 || !card?.cacheRead) return null;
  const lost = previous.tokens * (1 - brokeAt / previous.bytes);
  const costUsd = (lost * Math.max(0, card.input.base - card.cacheRead.base)) / 1e6;
  return costUsd > 0 ? { atByte: brokeAt, costUsd } : null;
}

/** FNV-1a of each piece. */
function hashesOf(bytes: Uint8Array): Int32Array {
  const hashes = new Int32Array(Math.ceil(bytes.length / pieceBytes));
  for (let piece = 0; piece < hashes.length; piece += 1) {
    let hash = 0x811c9dc5;
    const end = Math.min(bytes.length, (piece + 1) * pieceBytes);
    for (let at = piece * pieceBytes; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hashes[piece] = hash;
  }
  return hashes;
}
