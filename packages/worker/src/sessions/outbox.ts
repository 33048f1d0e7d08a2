/** The outbox: an answer is a row here in the same commit that ends its run; a channel delivers it and records the receipt. */

import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";

/** Channels whose people read the log itself: their rows are confirmed at birth. */
export const readByAsking: ReadonlySet<string> = new Set(["webchat", "http-api", "hook"]);

export type OutboxState = "prepared" | "attempted" | "confirmed" | "unknown" | "dead";

export interface Outbox {
  /** Once per run and message, however often it is asked. The web chat reads the log itself: its rows are confirmed at birth. */
  prepare(answer: { sessionKey: string; runId: string; channel: string; messageId: string; state: OutboxState }): void;
}

export function createOutbox(db: Database, clock: Clock): Outbox {
  return {
    prepare(answer) {
      const now = clock.now();
      db.run(
        `INSERT INTO outbox (id, dedupe_key, session_key, run_id, channel, message_id, state, receipt, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING`,
        createId("out", now),
        `${answer.runId}:${answer.channel}`,
        answer.sessionKey,
        answer.runId,
        answer.channel,
        answer.messageId,
        answer.state,
        answer.state === "confirmed" ? answer.messageId : null,
        now,
        now,
      );
    },
  };
}
