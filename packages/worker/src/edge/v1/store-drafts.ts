/** Drafts of turns as rows of a log: pictures and files become blobs first. */

import { MoltError } from "@moltworker/protocol/errors";
import type { LogEntry, LogPart } from "../../agent/log-entry.ts";
import type { Egress } from "../../platform/egress.ts";
import { contentFromInput, storeFile } from "../../sessions/inbound-content.ts";
import type { Blobs } from "../../storage/blobs.ts";
import type { EntryDraft, FileDraft } from "./asked.ts";

const MAX_FILES = 40;
const fetchPolicy = { maxBytes: 10_000_000, firstByteTimeoutMs: 15_000, maxRedirects: 3 };

export interface DraftDeps {
  blobs: Blobs;
  egress: Egress;
}

/** Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, and what the fetch of an address throws (EGRESS_*). Blobs are durable when it resolves. */
export async function storeDrafts(deps: DraftDeps, drafts: readonly EntryDraft[]): Promise<LogEntry[]> {
  const files = drafts.reduce((sum, draft) => sum + (draft.role === "user" ? draft.files.length : 0), 0);
  if (files > MAX_FILES)
    throw new MoltError("PAYLOAD_TOO_LARGE", { message: `a request may hold at most ${MAX_FILES} pictures and files` });
  const entries: LogEntry[] = [];
  for (const draft of drafts) entries.push(await entryFrom(deps, draft, entries));
  return entries;
}

/** All turns of a person as the parts of one message. */
export async function storeInput(deps: DraftDeps, drafts: readonly EntryDraft[]): Promise<LogPart[]> {
  const entries = await storeDrafts(deps, drafts);
  return entries.flatMap((entry) => (entry.role === "user" ? entry.content : []));
}

async function entryFrom(deps: DraftDeps, draft: EntryDraft, before: readonly LogEntry[]): Promise<LogEntry> {
  if (draft.role === "user") {
    const content = await contentFromInput(draft.text, [], deps.blobs);
    for (const file of draft.files) content.push(await storeOne(deps, file));
    return { role: "user", content };
  }
  if (draft.role === "tool") {
    return {
      role: "toolResult",
      toolCallId: draft.callId,
      toolName: toolNameOf(draft.callId, before),
      content: [{ type: "text", text: draft.text }],
      isError: false,
      untrustedFrom: "a tool of the client's",
    };
  }
  const text: LogPart[] = draft.text === "" ? [] : [{ type: "text", text: draft.text }];
  const calls = draft.calls.map((call): LogPart => ({ type: "toolCall", ...call }));
  return {
    role: "assistant",
    content: [...text, ...calls],
    provider: "client",
    model: "client",
    stopReason: calls.length > 0 ? "toolUse" : "stop",
  };
}

function toolNameOf(callId: string, before: readonly LogEntry[]): string {
  const calls = before.flatMap((entry) => (entry.role === "assistant" ? entry.content : []));
  const call = calls.find((part) => part.type === "toolCall" && part.id === callId);
  return call?.type === "toolCall" ? call.name : "client_tool";
}

async function storeOne({ blobs, egress }: DraftDeps, file: FileDraft): Promise<LogPart> {
  if ("base64" in file) return storeFile(bytesFrom(file), file, blobs);
  const response = await egress.fetch(file.url, { headers: { accept: "image/*,*/*;q=0.5" } }, fetchPolicy);
  if (!response.ok) {
    await response.body?.cancel();
    throw new MoltError("EGRESS_FAILED", {
      message: `${new URL(file.url).host} answered ${response.status} for a file of the request`,
      hint: "Send the file itself as a data: URL.",
      retryable: false,
    });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const mimeType = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() || file.mimeType;
  return storeFile(bytes, { fileName: file.fileName, mimeType }, blobs);
}

function bytesFrom(file: { fileName: string; base64: string }): Uint8Array {
  try {
    return Uint8Array.from(atob(file.base64.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new MoltError("INVALID_REQUEST", { message: `the content of "${file.fileName}" is not base64`, cause });
  }
}
