/** What a conversation is made of: the append-only log's entries as they are stored and shown. */

import type { PrefixBreak } from "./gateway.ts";

export interface TextPart {
  type: "text";
  text: string;
}

/** Model reasoning. `signature` and other provider data are kept on the stored row, not on the wire. */
export interface ThinkingPart {
  type: "thinking";
  thinking: string;
}

export interface ToolCallPart {
  type: "toolCall";
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}

/** A picture or file that came with a message; bytes are read from `/api/blobs/<blobId>`. */
export interface AttachmentPart {
  type: "image" | "file";
  blobId: string;
  mimeType: string;
  fileName: string;
  sizeBytes: number;
}

export type ContentPart = TextPart | ThinkingPart | ToolCallPart | AttachmentPart;

export interface Usage {
  /** Tokens, prompt side, cached ones included. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  totalTokens: number;
  /** US dollars; null when the model's price is unknown. */
  cost: { total: number } | null;
  /** True when the provider gave no figures and these are our estimate. */
  estimated: boolean;
  /** Where the request departed from the one before it, so that the provider's cache did not serve the rest. */
  prefixBreak?: PrefixBreak;
  /** Sentences for a person: a budget near its end, a cheaper model. */
  notes?: string[];
}

export type StopReason = "stop" | "length" | "toolUse" | "aborted" | "error" | "contentFilter";

interface MessageBase {
  /** Epoch milliseconds. */
  timestamp: number;
  __openclaw: { id: string; seq: number; runId?: string };
}

export interface UserMessage extends MessageBase {
  role: "user";
  content: ContentPart[];
  idempotencyKey?: string;
}

export interface AssistantMessage extends MessageBase {
  role: "assistant";
  content: ContentPart[];
  provider: string;
  model: string;
  usage?: Usage;
  stopReason: StopReason;
  /** Cause in one sentence when `stopReason` is `error`. */
  errorMessage?: string;
}

export interface ToolResultMessage extends MessageBase {
  role: "toolResult";
  toolCallId: string;
  toolName: string;
  content: TextPart[];
  isError: boolean;
  /** Milliseconds the tool took. */
  durationMs?: number;
}

/** Marks where older entries were folded into a summary for the model; people still see everything. */
export interface CompactionMessage extends MessageBase {
  role: "compaction";
  content: TextPart[];
}

export type ChatMessage = UserMessage | AssistantMessage | ToolResultMessage | CompactionMessage;
