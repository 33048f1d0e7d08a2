/** What a client asks for, in whichever of the API's two forms it wrote it. */

import type { ThinkingLevel } from "@moltworker/protocol/rows";

/** A picture or file that came inside the request: its bytes as base64, or an address to fetch. */
export type FileDraft = { fileName: string; mimeType: string } & ({ base64: string } | { url: string });

export type EntryDraft =
  | { role: "user"; text: string; files: FileDraft[] }
  | { role: "assistant"; text: string; calls: { id: string; name: string; arguments: Record<string, unknown> }[] }
  /** What a tool of the client's answered earlier: outside text. */
  | { role: "tool"; callId: string; text: string };

export interface Asked {
  form: "chat" | "responses";
  /** As the client wrote it; answers repeat it. */
  model: string;
  /** System and developer text, joined. */
  instructions: string;
  /** All turns in order. */
  entries: EntryDraft[];
  /** Names a lasting conversation of this client. */
  user: string | undefined;
  /** The response that this one goes on from. */
  previousId: string | undefined;
  stream: boolean;
  includeUsage: boolean;
  background: boolean;
  maxOutputTokens: number | undefined;
  thinking: ThinkingLevel | undefined;
  /** Kept for `GET /v1/responses/{id}`. */
  store: boolean;
  /** Repeated in the answer as they came. */
  echo: Record<string, unknown>;
}

/** The turns after the last answer: what is to be answered now. Everything before is history. */
export function splitTurns(entries: readonly EntryDraft[]): { history: EntryDraft[]; input: EntryDraft[] } {
  const last = entries.findLastIndex((entry) => entry.role !== "user");
  return { history: entries.slice(0, last + 1), input: entries.slice(last + 1) };
}
