/** What each wire format of the fake provider says about itself. */

import type { FakeReply, FakeUsage } from "./reply.ts";

/** One message of the conversation, flattened from whatever the dialect sends. */
export type Turn = { kind: "user"; texts: string[] } | { kind: "assistant" } | { kind: "result"; text: string };

export interface ReadRequest {
  model: string;
  stream: boolean;
  turns: Turn[];
  tools: string[];
}

export interface WireContext {
  /** Unique per request: ids are made from it. */
  index: number;
  model: string;
  usage: FakeUsage | null;
}

export interface Wire {
  name: "chat" | "responses" | "anthropic" | "google";
  read(body: Json, path: string): ReadRequest;
  /** Server-sent events in order, each a whole frame with its blank line. */
  frames(reply: FakeReply, context: WireContext): string[];
  /** The answer to a request that did not ask for a stream. */
  whole(reply: FakeReply, context: WireContext): Json;
  errorBody(status: number, message: string, kind: "plain" | "quota" | "context"): Json;
  /** An error inside a 200 stream. */
  errorFrame(message: string): string;
}

export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
export const recordsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);
export const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Text parts of a content that is a string or a list of `{text}`. */
export function textsOf(content: unknown): string[] {
  if (typeof content === "string") return [content];
  return recordsOf(content).flatMap((part) => (typeof part.text === "string" ? [part.text] : []));
}

export const frame = (data: unknown, event?: string): string =>
  `${event ? `event: ${event}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
