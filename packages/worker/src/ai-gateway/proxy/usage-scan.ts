/**
 * Finds what a call used in the bytes of its answer, in every dialect, without decoding or framing them: looks for the key
 * `"usage"` (or `"usageMetadata"`), takes the object behind it, and merges what it says. In text that a model wrote the
 * quotes are escaped, so that it is never taken for the key.
 */

import type { CallUsage } from "../governor/governor.ts";
import { textOf } from "./call-body.ts";

const quote = 0x22;
const key = Uint8Array.from('"usage', (character) => character.charCodeAt(0));
const rest = "Metadata";
const mostBytes = 8_192;

type Fields = Record<string, unknown>;

export class UsageScan {
  /** Objects seen so far, merged. */
  private fields: Fields | undefined;
  private state: "search" | "name" | "colon" | "value" | "object" = "search";
  /** Bytes of the key matched, in `search`; of `Metadata`, in `name`. */
  private matched = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private held: number[] = [];

  push(chunk: Uint8Array): void {
    const { length } = chunk;
    for (let at = 0; at < length; at += 1) {
      const byte = chunk[at] as number;
      if (this.state !== "search") this.step(byte);
      else if (byte === key[this.matched]) {
        this.matched += 1;
        if (this.matched === key.length) this.enter("name");
      } else this.matched = byte === quote ? 1 : 0;
    }
  }

  /** undefined when nothing was said. */
  usage(): CallUsage | undefined {
    return this.fields && usageFromFields(this.fields);
  }

  private enter(state: UsageScan["state"]): void {
    this.state = state;
    this.matched = 0;
  }

  private step(byte: number): void {
    if (this.state === "name") {
      if (byte === quote && (this.matched === 0 || this.matched === rest.length)) this.enter("colon");
      else if (byte === rest.charCodeAt(this.matched)) this.matched += 1;
      else this.enter("search");
    } else if (this.state === "object") this.take(byte);
    else if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) return;
    else if (this.state === "colon") this.enter(byte === 0x3a ? "value" : "search");
    else if (byte === 0x7b) {
      this.enter("object");
      this.depth = 0;
      this.held = [];
      this.take(byte);
    } else this.enter("search");
  }

  private take(byte: number): void {
    this.held.push(byte);
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === 0x5c) this.escaped = true;
      else if (byte === quote) this.inString = false;
    } else if (byte === quote) this.inString = true;
    else if (byte === 0x7b) this.depth += 1;
    else if (byte === 0x7d) this.depth -= 1;
    if (this.depth === 0) this.finish();
    else if (this.held.length > mostBytes) this.reset();
  }

  private finish(): void {
    const text = textOf(Uint8Array.from(this.held));
    this.reset();
    try {
      this.fields = mergeFields(this.fields, JSON.parse(text) as Fields);
    } catch {
      // Not the object we look for.
    }
  }

  private reset(): void {
    this.enter("search");
    this.held = [];
    this.inString = false;
    this.escaped = false;
  }
}

/** Counts only grow in a stream: Anthropic says the input at its start and the output at its end, others say zero for what they do not repeat. */
function mergeFields(old: Fields | undefined, fresh: Fields): Fields {
  const merged: Fields = { ...old };
  for (const [name, value] of Object.entries(fresh)) {
    const before = merged[name];
    if (value === null || value === undefined) continue;
    if (typeof value === "number" && typeof before === "number") merged[name] = Math.max(before, value);
    else if (isFields(value)) merged[name] = mergeFields(isFields(before) ? before : undefined, value);
    else merged[name] = value;
  }
  return merged;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** The usage of a whole JSON answer, wherever its dialect keeps it. */
export function usageFromJson(body: unknown): CallUsage | undefined {
  if (!isFields(body)) return undefined;
  const fields = body.usage ?? body.usageMetadata ?? (isFields(body.response) ? body.response.usage : undefined);
  return isFields(fields) ? usageFromFields(fields) : undefined;
}

/** Cached tokens are part of `input` here; Anthropic and Bedrock count them beside it, the others within. */
export function usageFromFields(fields: Fields): CallUsage | undefined {
  const number = (holder: unknown, ...names: string[]): number | undefined => {
    if (!isFields(holder)) return undefined;
    for (const name of names) if (typeof holder[name] === "number") return Math.max(0, holder[name]);
    return undefined;
  };
  const source = isFields(fields.tokens) ? fields.tokens : fields;
  let input = number(source, "prompt_tokens", "input_tokens", "promptTokenCount", "inputTokens");
  let output = number(source, "completion_tokens", "output_tokens", "candidatesTokenCount", "outputTokens");
  const thoughts = number(source, "thoughtsTokenCount");
  if (thoughts !== undefined) output = (output ?? 0) + thoughts;
  if (input === undefined && output === undefined) return undefined;
  const apartRead = number(source, "cache_read_input_tokens", "cacheReadInputTokens");
  const apartWrite = number(source, "cache_creation_input_tokens", "cacheWriteInputTokens");
  const within =
    number(source.prompt_tokens_details, "cached_tokens") ??
    number(source.input_tokens_details, "cached_tokens") ??
    number(source, "prompt_cache_hit_tokens", "cachedContentTokenCount", "cached_tokens");
  const apart = apartRead !== undefined || apartWrite !== undefined;
  if (apart) input = (input ?? 0) + (apartRead ?? 0) + (apartWrite ?? 0);
  else if (input !== undefined) input += number(source, "toolUsePromptTokenCount") ?? 0;
  return {
    input: input ?? 0,
    output: output ?? 0,
    cacheRead: Math.min(apartRead ?? within ?? 0, input ?? 0),
    cacheWrite: apartWrite ?? number(source.prompt_tokens_details, "cache_write_tokens") ?? 0,
    reasoning:
      thoughts ??
      number(source.completion_tokens_details, "reasoning_tokens") ??
      number(source.output_tokens_details, "reasoning_tokens") ??
      0,
  };
}
