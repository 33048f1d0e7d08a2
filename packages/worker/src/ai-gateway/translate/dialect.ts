/**
 * Between dialects there is one form: the prompt and the stream parts of the AI SDK's providers, which write and read the
 * upstream half. A caller's dialect reads a request into it and writes its answer. What cannot be carried over is refused by
 * name; what an upstream leaves out is a warning.
 */

import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import { MoltError } from "@moltworker/protocol/errors";
import type { CallUsage } from "../governor/governor.ts";

export type Json = Record<string, unknown>;

export type TranslatedRequest = Omit<LanguageModelV4CallOptions, "abortSignal" | "headers">;

/** One thing that happened in an answer, in order. */
export type AnswerEvent =
  | { type: "text"; index: number; delta: string }
  | { type: "thinking"; index: number; delta: string }
  /** A text or thinking part is whole; `data` must go back to the provider with it. */
  | { type: "part-end"; index: number; kind: "text" | "thinking"; data: string | undefined }
  | { type: "tool"; index: number; id: string; name: string; input: string; data: string | undefined };

export type FinishReason = "stop" | "length" | "tools" | "filter";

export interface AnswerEnd {
  reason: FinishReason;
  usage: CallUsage;
}

export interface AnswerHead {
  /** As the caller named the model. */
  model: string;
  /** Unique; each dialect puts its own prefix before it. */
  id: string;
  /** Epoch seconds. */
  created: number;
}

/** Writes one streamed answer. Each method returns bytes for the wire, as text. */
export interface StreamWriter {
  start(): string;
  event(event: AnswerEvent): string;
  end(end: AnswerEnd): string;
  /** In place of `end`, when the answer broke off. */
  error(message: string): string;
}

export interface CallerDialect {
  /** Throws INVALID_REQUEST, naming what is wrong or cannot be carried over. */
  read(body: Json): TranslatedRequest;
  writer(head: AnswerHead, body: Json): StreamWriter;
  whole(head: AnswerHead, events: readonly AnswerEvent[], end: AnswerEnd): Json;
  errorBody(status: number, message: string): Json;
}

export function invalid(path: string, what: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `${path}: ${what}`,
    hint: "Leave it out, or use the provider's own path, where requests pass unchanged.",
    details: { path },
  });
}

/** Throws INVALID_REQUEST for a field with a meaning that nothing here carries over. `null` means absent everywhere. */
export function checkFields(body: Json, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(body))
    if (!known.has(name) && value !== null && value !== undefined)
      throw invalid(name, "this field is not carried over to another provider's dialect");
}

export const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
export const recordsOf = (value: unknown, path: string): Json[] => {
  if (!Array.isArray(value) || !value.every(isJson)) throw invalid(path, "must be a list of objects");
  return value;
};
export const textOf = (value: unknown, path: string): string => {
  if (typeof value !== "string") throw invalid(path, "must be text");
  return value;
};
export const numberOf = (value: unknown, path: string): number | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw invalid(path, "must be a number");
  return value;
};

export function parseArguments(text: unknown, path: string): unknown {
  if (text === "" || text === undefined) return {};
  try {
    return JSON.parse(textOf(text, path)) as unknown;
  } catch {
    throw invalid(path, "must be JSON");
  }
}

export function filePart(source: { base64: string; mediaType: string } | { url: string; mediaType: string }, filename?: string) {
  const name = filename === undefined ? {} : { filename };
  if ("base64" in source)
    return { type: "file" as const, data: { type: "data", data: source.base64 } as const, mediaType: source.mediaType, ...name };
  const url = URL.parse(source.url) ?? fail(source.url);
  return { type: "file" as const, data: { type: "url", url } as const, mediaType: exactType(source.mediaType, url), ...name };
}

const pictureTypes: Readonly<Record<string, string>> = {
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  heic: "image/heic",
};

/** Google wants to be told what an address leads to; the others look for themselves. Most pictures of the web are JPEG. */
function exactType(mediaType: string, { pathname }: URL): string {
  if (mediaType !== "image/*") return mediaType;
  return pictureTypes[/\.(\w+)$/.exec(pathname)?.[1]?.toLowerCase() ?? ""] ?? "image/jpeg";
}

function fail(url: string): never {
  throw invalid("url", `"${url.slice(0, 60)}" is not a web address`);
}

/** `data:image/png;base64,…` or a web address. */
export function filePartFromUrl(url: string, mediaType: string, filename?: string) {
  const match = /^data:([^;,]+)?(?:;[^,]*)?;base64,(.*)$/s.exec(url);
  return match
    ? filePart({ base64: match[2] as string, mediaType: match[1] ?? mediaType }, filename)
    : filePart({ url, mediaType }, filename);
}

const sealMark = "mw1.";

/** Provider data that must come back unchanged (signatures of thoughts), as one opaque word. */
export function seal(metadata: SharedV4ProviderMetadata | undefined): string | undefined {
  if (!metadata || Object.keys(metadata).length === 0) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(metadata));
  return `${sealMark}${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

/** Undefined for words that are not ours: another provider's signature means nothing to this one. */
export function unseal(word: unknown): { providerOptions: SharedV4ProviderMetadata } | undefined {
  if (typeof word !== "string" || !word.startsWith(sealMark)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(word.slice(sealMark.length)), (character) => character.charCodeAt(0));
    return { providerOptions: JSON.parse(new TextDecoder().decode(bytes)) as SharedV4ProviderMetadata };
  } catch {
    return undefined;
  }
}

/** Adjacent results of tools are one message there. */
export function joinToolMessages(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const joined: LanguageModelV4Prompt = [];
  for (const message of prompt) {
    const last = joined.at(-1);
    if (message.role === "tool" && last?.role === "tool") last.content.push(...message.content);
    else joined.push(message.role === "tool" ? { ...message, content: [...message.content] } : message);
  }
  return joined;
}

const efforts = new Set(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);
export function reasoningOf(value: unknown, path: string): TranslatedRequest["reasoning"] {
  if (value === undefined || value === null) return undefined;
  if (!efforts.has(value as string)) throw invalid(path, "is not an effort that is known");
  return value as TranslatedRequest["reasoning"];
}

/** Without keys that say nothing. */
export function compact<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
