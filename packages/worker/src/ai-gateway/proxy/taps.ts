/** What watches an answer go by: for the cache, and for the record of bodies. */

import { type AnswerCache, isCompleteStream, mostCachedBytes } from "./cache.ts";
import { joinBytes } from "./call-body.ts";
import { type HeaderRecord, headersDown } from "./headers.ts";
import type { Target } from "./plan.ts";

interface CacheTapInput {
  cache: AnswerCache;
  key: string;
  seconds: number;
  target: Target;
  isStream: boolean;
}

/** Headers that are about one exchange. */
const passing = /^(date|age|x-ratelimit|anthropic-ratelimit|retry-after|x-request-id|request-id)/;

/** Collects an answer and stores it once it proved whole. */
export class CacheTap {
  private readonly input: CacheTapInput;
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  constructor(input: CacheTapInput) {
    this.input = input;
  }

  take(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size <= mostCachedBytes) this.chunks.push(chunk.slice());
  }

  /** `complete`: the body came to its end. Errors, parts and non-2xx are never stored. */
  end(complete: boolean, status: number, headers: HeaderRecord): void {
    const { cache, key, seconds, target, isStream } = this.input;
    if (!complete || this.size > mostCachedBytes || status < 200 || status > 299 || status === 206) return;
    const body = joinBytes(this.chunks);
    if (isStream && !isCompleteStream(target.dialect, body)) return;
    const kept = Object.entries(headersDown(headers)).filter(([name]) => !passing.test(name));
    const { provider } = target.upstream;
    cache.store(key, { status, headers: kept, body, isStream, provider, model: target.model, step: target.step }, seconds);
  }
}

const mostRecordedBytes = 1_048_576;

/** The beginning of a body, for the log. */
export class BodyRecord {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  take(chunk: Uint8Array): void {
    if (this.size >= mostRecordedBytes) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  bytes(): Uint8Array {
    return joinBytes(this.chunks);
  }
}
