/** "Typing" while a run lives and shows nothing yet. A courtesy: not kept, not repeated, ends by itself. */

import type { ChatEvent } from "@moltworker/protocol/events";
import type { Courtesy } from "./courtesy.ts";
import type { OpenAccount } from "./live-account.ts";
import { type MessageLog, placeOf, type StoredMessage } from "./message-log.ts";
import { laneOf } from "./sends.ts";

interface Dependencies {
  messages: MessageLog;
  open(channel: string, account: string): OpenAccount | undefined;
  pay: Courtesy;
}

/** A run that takes longer shows no typing any more. */
const longestMs = 600_000;

export function createTyping({ messages, open, pay }: Dependencies) {
  const timers = new Map<string, { timer: ReturnType<typeof setInterval>; since: number }>();

  function show(row: StoredMessage): void {
    const lane = laneOf(row.channel, row.account, row.chat_id);
    pay(row, (calls, signal) => calls.typing?.(placeOf(row), signal), { lane, keeps: "now" });
  }

  function stop(runId: string): void {
    const known = timers.get(runId);
    if (known) clearInterval(known.timer);
    timers.delete(runId);
  }

  return {
    onChat(event: ChatEvent): void {
      if (event.state !== "status") return stop(event.runId);
      if (timers.has(event.runId) || event.phase === "waiting_approval") return;
      const rows = messages.ofRun(event.runId).filter((row) => (open(row.channel, row.account)?.traits.typingMs ?? 0) > 0);
      const [first] = rows;
      const everyMs = (first && open(first.channel, first.account)?.traits.typingMs) ?? 0;
      if (!first || everyMs === 0) return;
      show(first);
      const since = Date.now();
      const timer = setInterval(() => (Date.now() - since > longestMs ? stop(event.runId) : show(first)), everyMs * 0.9);
      timers.set(event.runId, { timer, since });
    },
  };
}
