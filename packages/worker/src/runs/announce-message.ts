/** Tells people that a row was appended to a conversation's log; in the same turn of the event loop as the append. */

import { chatMessageFrom, type StoredMessage } from "../sessions/transcript.ts";
import type { EventSink } from "./event-sink.ts";

export function announceMessage(sink: EventSink, sessionKey: string, stored: StoredMessage): void {
  sink.publish("session.message", { sessionKey, message: chatMessageFrom(stored), messageId: stored.id, messageSeq: stored.seq });
}
