/**
 * The conversation as it is drawn: one turn is what the person said and all that followed it. Turns whose rows did not
 * change keep their identity, so that a delta redraws only the last one.
 */

import type {
  AssistantMessage,
  AttachmentPart,
  ChatMessage,
  StopReason,
  ToolResultMessage,
  Usage,
  UserMessage,
} from "@moltworker/protocol/messages";
import type { LivePart } from "./state.ts";

export type TurnPart =
  | { kind: "text"; text: string; live: boolean }
  | { kind: "thinking"; text: string; live: boolean; durationMs: number | null }
  | { kind: "tool"; toolCallId: string; name: string; args: Record<string, unknown>; result: ToolResultMessage | null }
  | { kind: "liveTool"; toolCallId: string }
  | { kind: "file"; file: AttachmentPart }
  | { kind: "folded"; text: string };

export interface TurnEnd {
  stopReason: StopReason;
  errorMessage?: string;
  provider: string;
  model: string;
  runId?: string;
}

export interface Turn {
  id: string;
  user: UserMessage | null;
  parts: TurnPart[];
  /** Null while nothing was answered. */
  end: TurnEnd | null;
  usage: Usage | null;
  rows: ChatMessage[];
}

const cache = new WeakMap<ChatMessage[], Turn[]>();
let previous: Turn[] = [];

/** Groups rows into turns. Remembers its last answer per array, and reuses turns that did not change. */
export function turnsOf(messages: ChatMessage[]): Turn[] {
  const known = cache.get(messages);
  if (known) return known;
  const earlier = new Map(previous.map((turn) => [turn.id, turn]));
  const turns = groupRows(messages).map((rows) => {
    const id = rows[0]?.__openclaw.id ?? "";
    const old = earlier.get(id);
    return old && sameRows(old.rows, rows) ? old : buildTurn(id, rows);
  });
  cache.set(messages, turns);
  previous = turns;
  return turns;
}

/** Adds what is streaming to a turn's parts; the live text keeps its place when it becomes a row. */
export function partsWithLive(
  parts: TurnPart[],
  live: readonly LivePart[],
  endedAt: (startedAt: number) => number | null,
): TurnPart[] {
  return [
    ...parts,
    ...live.map((part): TurnPart => {
      if (part.kind === "text") return { kind: "text", text: part.text, live: true };
      if (part.kind === "tool") return { kind: "liveTool", toolCallId: part.toolCallId };
      const until = part.endedAt ?? endedAt(part.startedAt);
      return {
        kind: "thinking",
        text: part.text,
        live: part.endedAt === null,
        durationMs: until === null ? null : until - part.startedAt,
      };
    }),
  ];
}

export function addUsage(a: Usage | null, b: Usage | undefined): Usage | null {
  if (!b) return a;
  if (!a) return b;
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    reasoning: a.reasoning + b.reasoning,
    totalTokens: a.totalTokens + b.totalTokens,
    cost: a.cost && b.cost ? { total: a.cost.total + b.cost.total } : null,
    estimated: a.estimated || b.estimated,
    ...(a.prefixBreak || b.prefixBreak ? { prefixBreak: joinBreaks(a.prefixBreak, b.prefixBreak) } : {}),
    ...(a.notes || b.notes ? { notes: [...(a.notes ?? []), ...(b.notes ?? [])] } : {}),
  };
}

/** Of several breaks the first byte and the whole cost. */
function joinBreaks(a: Usage["prefixBreak"], b: Usage["prefixBreak"]): NonNullable<Usage["prefixBreak"]> {
  return { atByte: (a ?? b)?.atByte ?? 0, costUsd: (a?.costUsd ?? 0) + (b?.costUsd ?? 0) };
}

/** The words of a message, without its files. */
export function textOf(message: ChatMessage): string {
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

function groupRows(messages: ChatMessage[]): ChatMessage[][] {
  const groups: ChatMessage[][] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (!last || message.role === "user" || message.role === "compaction") groups.push([message]);
    else last.push(message);
  }
  return groups;
}

function sameRows(a: ChatMessage[], b: ChatMessage[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

function buildTurn(id: string, rows: ChatMessage[]): Turn {
  const results = new Map(rows.flatMap((row) => (row.role === "toolResult" ? [[row.toolCallId, row] as const] : [])));
  const turn: Turn = { id, user: null, parts: [], end: null, usage: null, rows };
  for (const row of rows) {
    if (row.role === "user") turn.user = row;
    else if (row.role === "assistant") addAnswer(turn, row, results);
    else if (row.role === "compaction") turn.parts.push({ kind: "folded", text: textOf(row) });
  }
  return turn;
}

function addAnswer(turn: Turn, row: AssistantMessage, results: ReadonlyMap<string, ToolResultMessage>): void {
  for (const part of row.content) {
    if (part.type === "text") {
      if (part.text.trim() !== "") turn.parts.push({ kind: "text", text: part.text, live: false });
    } else if (part.type === "thinking") {
      if (part.thinking.trim() !== "") turn.parts.push({ kind: "thinking", text: part.thinking, live: false, durationMs: null });
    } else if (part.type === "toolCall") {
      turn.parts.push({
        kind: "tool",
        toolCallId: part.id,
        name: part.name,
        args: part.arguments,
        result: results.get(part.id) ?? null,
      });
    } else {
      turn.parts.push({ kind: "file", file: part });
    }
  }
  const end: TurnEnd = { stopReason: row.stopReason, provider: row.provider, model: row.model };
  if (row.errorMessage !== undefined) end.errorMessage = row.errorMessage;
  if (row.__openclaw.runId !== undefined) end.runId = row.__openclaw.runId;
  turn.end = end;
  turn.usage = addUsage(turn.usage, row.usage);
}
