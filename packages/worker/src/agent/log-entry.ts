/**
 * The append-only log of a conversation, as the request compiler reads it.
 * Stored one row an entry; never changed, only followed by later entries.
 */

import type { StopReason, Usage } from "@moltworker/protocol/messages";

/** Provider data (thinking signatures and the like) that must return to the same provider unchanged. */
export type ProviderData = Record<string, Record<string, unknown>>;

export type LogPart =
  | { type: "text"; text: string; providerData?: ProviderData }
  | { type: "thinking"; thinking: string; providerData?: ProviderData }
  | { type: "toolCall"; id: string; name: string; arguments: Record<string, unknown>; providerData?: ProviderData }
  | { type: "image" | "file"; blobId: string; mimeType: string; fileName: string; sizeBytes: number };

export type LogEntry =
  /** `untrustedFrom`: others wrote this, not the owner. */
  | { role: "user"; content: LogPart[]; untrustedFrom?: string }
  | {
      role: "assistant";
      content: LogPart[];
      provider: string;
      model: string;
      stopReason: StopReason;
      usage?: Usage;
      errorMessage?: string;
    }
  | {
      role: "toolResult";
      toolCallId: string;
      toolName: string;
      content: { type: "text"; text: string }[];
      isError: boolean;
      untrustedFrom?: string;
      durationMs?: number;
    }
  /**
   * Everything before this entry is replaced, for the model, by `content`, except the `kept` entries directly before it
   * (default 0), which follow the summary. `untrustedFrom`: outside text was among what is replaced.
   */
  | { role: "compaction"; content: { type: "text"; text: string }[]; kept?: number; untrustedFrom?: string };
