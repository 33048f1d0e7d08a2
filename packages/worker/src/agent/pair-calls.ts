/**
 * Pairs tool calls with their results, whatever order and state a log is in. After this every call has exactly one result,
 * placed with the message that made it; results without a call and second results are gone; no id is used twice. Pure.
 */

import type { LogEntry, LogPart } from "./log-entry.ts";

export type ToolCall = Extract<LogPart, { type: "toolCall" }>;
export type ToolResult = Extract<LogEntry, { role: "toolResult" }>;
type AssistantEntry = Extract<LogEntry, { role: "assistant" }>;

export interface PairedCall {
  call: ToolCall;
  /** Valid in every dialect and unique in the request. */
  id: string;
  /** undefined: the log has none. */
  result: ToolResult | undefined;
}

export type PairedTurn =
  | { role: "user"; entry: Extract<LogEntry, { role: "user" }> }
  | { role: "assistant"; entry: AssistantEntry; calls: PairedCall[] };

/** What every dialect takes as an id. Mistral wants more and gets it at its own door. */
const soundId = /^[A-Za-z0-9_-]{1,64}$/;

export function pairCalls(entries: readonly LogEntry[]): PairedTurn[] {
  const turns: PairedTurn[] = [];
  const usedIds = new Set<string>();
  const slots: { turn: number; slot: PairedCall }[] = [];
  for (const entry of entries) {
    if (entry.role === "user") turns.push({ role: "user", entry });
    else if (entry.role === "assistant") {
      const calls = entry.content
        .filter((part): part is ToolCall => part.type === "toolCall")
        .map((call): PairedCall => ({ call, id: uniqueId(call.id, usedIds), result: undefined }));
      for (const slot of calls) slots.push({ turn: turns.length, slot });
      turns.push({ role: "assistant", entry, calls });
    } else if (entry.role === "toolResult") {
      const slot = openSlot(slots, entry.toolCallId);
      if (slot) slot.result = entry;
    }
  }
  return turns;
}

/** The first unanswered call of that id in the newest message that has one: ids may repeat, even inside one message. */
function openSlot(slots: readonly { turn: number; slot: PairedCall }[], callId: string): PairedCall | undefined {
  let found: { turn: number; slot: PairedCall } | undefined;
  for (let index = slots.length - 1; index >= 0; index -= 1) {
    const candidate = slots[index];
    if (!candidate || (found && candidate.turn !== found.turn)) break;
    if (candidate.slot.call.id === callId && candidate.slot.result === undefined) found = candidate;
  }
  return found?.slot;
}

function uniqueId(id: string, used: Set<string>): string {
  let sound = soundId.test(id) && !used.has(id) ? id : "";
  for (let number = used.size + 1; sound === ""; number += 1) {
    const candidate = `call_${number}`;
    if (!used.has(candidate)) sound = candidate;
  }
  used.add(sound);
  return sound;
}
