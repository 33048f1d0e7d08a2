/** Rows of the log in a thread: inserted in order, never twice. */

import type { ChatMessage } from "@moltworker/protocol/messages";
import type { LivePart, Thread } from "./state.ts";

/** Adds or replaces one row. A user row also clears the tab's own copy of it; a model row clears what was live of it. */
export function withMessage(thread: Thread, message: ChatMessage): Thread {
  const messages = insert(thread.messages, message);
  const isNew = messages.length > thread.messages.length;
  const next: Thread = { ...thread, messages, totalMessages: thread.totalMessages + (isNew ? 1 : 0) };
  if (isNew) next.nextOffset = thread.nextOffset + 1;
  if (message.role === "user") return withoutOwnCopy(next, message.idempotencyKey ?? message.__openclaw.runId);
  if (message.role === "assistant") return withoutLiveCopy(next, message.__openclaw.runId);
  if (message.role === "toolResult") return withToolResult(next, message);
  return next;
}

/** Puts the rows of a history page before or among those known. */
export function mergeMessages(known: ChatMessage[], page: ChatMessage[]): ChatMessage[] {
  const byId = new Map<string, ChatMessage>();
  for (const message of [...page, ...known]) byId.set(message.__openclaw.id, message);
  return [...byId.values()].sort((a, b) => a.__openclaw.seq - b.__openclaw.seq);
}

/** The rows before the named one; all of them when it is not known. */
export function messagesBefore(messages: ChatMessage[], messageId: string): ChatMessage[] {
  const at = messages.findIndex((message) => message.__openclaw.id === messageId);
  return at < 0 ? messages : messages.slice(0, at);
}

function insert(messages: ChatMessage[], message: ChatMessage): ChatMessage[] {
  const { id, seq } = message.__openclaw;
  const at = messages.findIndex((known) => known.__openclaw.id === id);
  if (at >= 0) return messages.with(at, message);
  const last = messages.at(-1);
  if (!last || last.__openclaw.seq < seq) return [...messages, message];
  const before = messages.findIndex((known) => known.__openclaw.seq > seq);
  return before < 0 ? [...messages, message] : messages.toSpliced(before, 0, message);
}

function withoutOwnCopy(thread: Thread, runId: string | undefined): Thread {
  if (runId === undefined) return thread;
  return {
    ...thread,
    outgoing: thread.outgoing.filter((own) => own.runId !== runId),
    pending: thread.pending.filter((input) => input.runId !== runId),
  };
}

/** A committed step holds all that was streamed of it so far; tools that are still running stay known in `tools`. */
function withoutLiveCopy(thread: Thread, runId: string | undefined): Thread {
  if (!thread.run || (runId !== undefined && thread.run.runId !== runId)) return thread;
  const none: LivePart[] = [];
  return { ...thread, run: { ...thread.run, parts: none } };
}

function withToolResult(thread: Thread, message: Extract<ChatMessage, { role: "toolResult" }>): Thread {
  const known = thread.tools[message.toolCallId];
  if (!known) return thread;
  const durationMs = message.durationMs ?? known.durationMs;
  const settled = { ...known, done: true, isError: message.isError, ...(durationMs === undefined ? {} : { durationMs }) };
  return { ...thread, tools: { ...thread.tools, [message.toolCallId]: settled } };
}
