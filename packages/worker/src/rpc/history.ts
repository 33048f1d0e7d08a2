/** One page of a conversation, as `chat.history` and `chat.startup` return it. */

import type { ChatHistory } from "@moltworker/protocol/methods";
import { idempotencyKeyOf } from "../sessions/inbox.ts";
import { chatMessageFrom } from "../sessions/transcript.ts";
import type { MethodContext } from "./context.ts";

export interface HistoryPage {
  sessionKey: string;
  limit: number;
  offset: number;
}

export function readHistory(context: MethodContext, page: HistoryPage): ChatHistory {
  const { transcript, inbox, runner, view, sessions, hub } = context;
  const { messages, total } = transcript.page(page.sessionKey, page.limit, page.offset);
  const pending = inbox.waiting({ sessionKey: page.sessionKey }).map((item) => ({
    id: item.id,
    runId: idempotencyKeyOf(item.dedupeKey),
    text: item.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"),
    receivedAt: item.receivedAt,
    queueMode: item.queueMode,
  }));
  const inFlight = page.offset === 0 ? runner.inFlight(page.sessionKey) : undefined;
  const end = page.offset + messages.length;
  return {
    sessionKey: page.sessionKey,
    sessionId: sessions.get(page.sessionKey)?.session_id ?? "",
    messages: messages.map(chatMessageFrom),
    pendingInputs: { items: pending, total: pending.length },
    deltaCursor: hub.cursor(),
    hasMore: end < total,
    ...(end < total ? { nextOffset: end } : {}),
    totalMessages: total,
    defaults: view.defaults(),
    sessionInfo: view.byKey(page.sessionKey),
    ...(inFlight ? { inFlightRun: { ...inFlight, events: [] } } : {}),
  };
}
