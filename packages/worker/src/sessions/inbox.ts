/** The inbox: a message is a row here, under a unique key, before anyone is told that it arrived. */

import type { QueueMode } from "@moltworker/protocol/methods";
import type { LogPart } from "../agent/log-entry.ts";
import type { Principal } from "../auth/principal.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database, SqlValue } from "../storage/database.ts";

/** What every way in (socket, channel, HTTP API, schedule) parses its input into. */
export interface InboundMessage {
  /** Unique over all time: a second insert changes nothing. */
  dedupeKey: string;
  sessionKey: string;
  runId: string;
  channel: string;
  /** Who sent it; the run acts on this authority. */
  principal: Principal;
  content: LogPart[];
  queueMode: QueueMode;
  /** Whose words these are when they are not the owner's: they are marked in the log as text from outside. */
  outsideFrom?: string;
}

/** The dedupe key of a message that its client named by an idempotency key, and back. */
export const chatDedupeKey = (idempotencyKey: string): string => `chat:${idempotencyKey}`;
export const idempotencyKeyOf = (dedupeKey: string): string => dedupeKey.replace(/^chat:/, "");

export interface InboxItem extends Omit<InboundMessage, "principal"> {
  /** The principal's id. */
  sender: string;
  id: string;
  receivedAt: number;
}

export interface Inbox {
  /** False when the key was seen before. */
  insert(message: InboundMessage): boolean;
  /** Not yet in the log, oldest first; of one run or of the whole session. */
  waiting(filter: { sessionKey: string } | { runId: string }): InboxItem[];
  markTaken(id: string): void;
  /** Drops what waits for a run that was stopped before it began. */
  drop(runId: string): void;
  dropAll(sessionKey: string): void;
  /** New content for a message that no run has read yet; false when there is none such. */
  replaceWaiting(dedupeKey: string, content: LogPart[]): boolean;
  /** Lets waiting messages travel with another run. */
  moveToRun(id: string, runId: string): void;
}

interface Row {
  id: string;
  dedupe_key: string;
  session_key: string;
  run_id: string;
  channel: string;
  sender: string;
  body: string;
  queue_mode: QueueMode;
  received_at: number;
  outside_from: string | null;
}

export function createInbox(db: Database, clock: Clock): Inbox {
  return {
    insert(message) {
      const now = clock.now();
      const written = db.all<{ id: string }>(
        `INSERT INTO inbox (id, dedupe_key, session_key, run_id, channel, sender, body, queue_mode, state, received_at, outside_from)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (dedupe_key) DO NOTHING RETURNING id`,
        createId("in", now),
        message.dedupeKey,
        message.sessionKey,
        message.runId,
        message.channel,
        message.principal.id,
        JSON.stringify(message.content),
        message.queueMode,
        now,
        message.outsideFrom ?? null,
      );
      return written.length === 1;
    },
    waiting(filter) {
      const [column, value]: [string, SqlValue] =
        "runId" in filter ? ["run_id", filter.runId] : ["session_key", filter.sessionKey];
      return db.all<Row>(`SELECT * FROM inbox WHERE ${column} = ? AND state = 'waiting' ORDER BY rowid`, value).map(itemFromRow);
    },
    markTaken: (id) => void db.run("UPDATE inbox SET state = 'taken', taken_at = ? WHERE id = ?", clock.now(), id),
    drop: (runId) =>
      void db.run("UPDATE inbox SET state = 'dropped', taken_at = ? WHERE run_id = ? AND state = 'waiting'", clock.now(), runId),
    dropAll: (sessionKey) =>
      void db.run(
        "UPDATE inbox SET state = 'dropped', taken_at = ? WHERE session_key = ? AND state = 'waiting'",
        clock.now(),
        sessionKey,
      ),
    replaceWaiting: (dedupeKey, content) =>
      db.run("UPDATE inbox SET body = ? WHERE dedupe_key = ? AND state = 'waiting'", JSON.stringify(content), dedupeKey) > 0,
    moveToRun: (id, runId) => void db.run("UPDATE inbox SET run_id = ? WHERE id = ?", runId, id),
  };
}

function itemFromRow(row: Row): InboxItem {
  return {
    id: row.id,
    dedupeKey: row.dedupe_key,
    sessionKey: row.session_key,
    runId: row.run_id,
    channel: row.channel,
    sender: row.sender,
    content: JSON.parse(row.body) as LogPart[],
    queueMode: row.queue_mode,
    receivedAt: row.received_at,
    ...(row.outside_from === null ? {} : { outsideFrom: row.outside_from }),
  };
}
