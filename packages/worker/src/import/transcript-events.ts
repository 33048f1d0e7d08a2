/** OpenClaw's transcript events as entries of our log: the branch that was live, oldest first, nothing that a model could misread. */

import type { StopReason, Usage } from "@moltworker/protocol/messages";
import type { LogEntry, LogPart } from "../agent/log-entry.ts";
import { asList, asObject, asText } from "./source-tree.ts";

export interface ImportedEntry {
  /** The event's own id. */
  id: string;
  /** Epoch milliseconds. */
  at: number;
  entry: LogEntry;
  /** Pictures that came with it, by the blob id that the entry names. */
  pictures: { blobId: string; mimeType: string; bytes: Uint8Array }[];
}

type Event = Record<string, unknown>;

/** Whose text it is that a tool of the old installation brought in. */
const outside = "an imported conversation";
/** Far below the row limit, whatever the escaping makes of it. */
const maxTextCharacters = 300_000;

/** Events in their order; unknown kinds are passed over. */
export function entriesFrom(events: readonly Event[], sessionId: string): ImportedEntry[] {
  const live = liveBranch(events);
  const entries: ImportedEntry[] = [];
  for (const event of live) {
    const entry = event.type === "compaction" ? foldOf(event, entries, live) : messageOf(event, sessionId);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** Events form a tree; what people saw is the way from its newest leaf to the root. Older files are a plain list. */
function liveBranch(events: readonly Event[]): Event[] {
  const byId = new Map(events.flatMap((event) => (asText(event.id) ? [[event.id as string, event] as const] : [])));
  const newest = events.findLast((event) => event.type !== "session" && asText(event.id));
  if (!newest || !events.some((event) => "parentId" in event)) return [...events];
  const branch: Event[] = [];
  const seen = new Set<unknown>();
  for (let at: Event | undefined = newest; at && !seen.has(at.id); at = byId.get(String(at.parentId))) {
    seen.add(at.id);
    branch.push(at);
  }
  return branch.reverse();
}

function messageOf(event: Event, sessionId: string): ImportedEntry | undefined {
  const message = event.type === "message" ? asObject(event.message) : undefined;
  if (!message) return undefined;
  const id = asText(event.id) ?? `${sessionId}-${String(message.timestamp ?? event.timestamp)}`;
  const at = timeOf(message.timestamp) ?? timeOf(event.timestamp) ?? 0;
  const pictures: ImportedEntry["pictures"] = [];
  const parts = partsOf(message.content, (picture) => pictures.push(picture), id);
  const entry = entryOf(message, parts);
  return entry && { id, at, entry, pictures };
}

function entryOf(message: Event, parts: LogPart[]): LogEntry | undefined {
  if (message.role === "user")
    return parts.length === 0 ? undefined : { role: "user", content: parts.filter((part) => part.type !== "toolCall") };
  if (message.role === "assistant") {
    const errorMessage = asText(message.errorMessage);
    if (parts.length === 0 && errorMessage === undefined) return undefined;
    return {
      role: "assistant",
      content: parts,
      provider: asText(message.provider) ?? "imported",
      model: asText(message.model) ?? "unknown",
      stopReason: stopReasonOf(message.stopReason),
      ...(asObject(message.usage) ? { usage: usageOf(message.usage as Event) } : {}),
      ...(errorMessage === undefined ? {} : { errorMessage }),
    };
  }
  if (message.role === "toolResult") {
    const content = parts.flatMap((part) => (part.type === "text" ? [{ type: "text" as const, text: part.text }] : []));
    return {
      role: "toolResult",
      toolCallId: asText(message.toolCallId) ?? "",
      toolName: asText(message.toolName) ?? "tool",
      content,
      isError: message.isError === true,
      untrustedFrom: outside,
    };
  }
  return undefined;
}

function partsOf(content: unknown, keepPicture: (picture: ImportedEntry["pictures"][number]) => void, id: string): LogPart[] {
  if (typeof content === "string") return content === "" ? [] : [textPart(content)];
  return asList(content).flatMap((value, index): LogPart[] => {
    const part = asObject(value) ?? {};
    const text = asText(part.text);
    if (part.type === "text" && text !== undefined) return [textPart(text)];
    const thinking = asText(part.thinking);
    // Signatures belong to the account that made them, so the thought stays and its seal does not.
    if (part.type === "thinking" && thinking !== undefined) return [{ type: "thinking", thinking: cut(thinking) }];
    if (part.type === "toolCall" && asText(part.id) && asText(part.name))
      return [{ type: "toolCall", id: part.id as string, name: part.name as string, arguments: asObject(part.arguments) ?? {} }];
    const bytes = part.type === "image" ? bytesFrom(part.data) : undefined;
    if (!bytes) return [];
    const mimeType = asText(part.mimeType) ?? "image/png";
    const blobId = `imp-${id.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 60)}-${index}`;
    keepPicture({ blobId, mimeType, bytes });
    return [
      {
        type: "image",
        blobId,
        mimeType,
        fileName: `picture-${index}.${mimeType.split("/")[1] ?? "png"}`,
        sizeBytes: bytes.length,
      },
    ];
  });
}

/** A summary in the place of older messages, with as many kept before it as its maker kept. */
function foldOf(event: Event, before: readonly ImportedEntry[], live: readonly Event[]): ImportedEntry | undefined {
  const summary = asText(event.summary);
  const id = asText(event.id);
  if (summary === undefined || id === undefined) return undefined;
  const firstKept = live.findIndex((one) => one.id === event.firstKeptEntryId);
  const keptIds = new Set(firstKept < 0 ? [] : live.slice(firstKept).map((one) => one.id));
  const kept = before.filter((entry) => keptIds.has(entry.id)).length;
  return {
    id,
    at: timeOf(event.timestamp) ?? before.at(-1)?.at ?? 0,
    entry: { role: "compaction", content: [{ type: "text", text: cut(summary) }], kept, untrustedFrom: outside },
    pictures: [],
  };
}

const textPart = (text: string): LogPart => ({ type: "text", text: cut(text) });

function cut(text: string): string {
  if (text.length <= maxTextCharacters) return text;
  return `${text.slice(0, maxTextCharacters).toWellFormed()}\n[cut at import: ${text.length} characters in the source]`;
}

function stopReasonOf(value: unknown): StopReason {
  const known: Record<string, StopReason> = {
    stop: "stop",
    length: "length",
    toolUse: "toolUse",
    aborted: "aborted",
    error: "error",
  };
  return known[String(value)] ?? "stop";
}

function usageOf(usage: Event): Usage {
  const count = (name: string) => (typeof usage[name] === "number" ? Math.max(0, usage[name] as number) : 0);
  const total = asObject(usage.cost)?.total;
  return {
    input: count("input") + count("cacheRead") + count("cacheWrite"),
    output: count("output"),
    cacheRead: count("cacheRead"),
    cacheWrite: count("cacheWrite"),
    reasoning: count("reasoning"),
    totalTokens: count("totalTokens"),
    cost: typeof total === "number" ? { total } : null,
    estimated: false,
  };
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function bytesFrom(data: unknown): Uint8Array | undefined {
  if (typeof data !== "string" || data === "") return undefined;
  try {
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
