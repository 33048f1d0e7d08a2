/** The message log: every update a row under its unique key, before the provider is told that it arrived; then its fate. */

import type { ChannelMessageRow, ChannelSendRow, MessageFate } from "@moltworker/protocol/channels";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import type { ChatKind, InboundEvent, Place } from "./channel.ts";
import type { PageOf } from "./channels.ts";

export interface StoredMessage {
  id: string;
  channel: string;
  account: string;
  update_id: string;
  kind: string;
  chat_id: string;
  chat_kind: ChatKind;
  thread_id: string | null;
  message_id: string | null;
  sender_id: string;
  sender_name: string;
  role: "owner" | "guest" | null;
  preview: string;
  /** InboundEvent as JSON, until the work on it is done. */
  event: string | null;
  fate: MessageFate;
  reason: string | null;
  session_key: string | null;
  run_id: string | null;
  answered_run: string | null;
  album: string | null;
  tries: number;
  received_at: number;
  due_at: number | null;
  settled_at: number | null;
}

export interface NewMessage {
  channel: string;
  account: string;
  updateId: string;
  event: InboundEvent;
  fate: "received" | "ignored" | "refused";
  role?: "owner" | "guest";
  reason?: string;
  /** Epoch ms before which the work does not begin. */
  dueAt?: number;
}

export interface MessageLog {
  /** The row's id; undefined when this update was seen before. */
  insert(message: NewMessage): string | undefined;
  get(id: string): StoredMessage | undefined;
  /** received and due, oldest first. */
  due(limit: number): StoredMessage[];
  nextDueAt(): number | undefined;
  /** The other parts of an album that wait. */
  album(row: StoredMessage): StoredMessage[];
  earlierVersion(row: StoredMessage): StoredMessage | undefined;
  postpone(id: string, dueAt: number): void;
  queued(id: string, link: { sessionKey: string; runId: string }): void;
  settle(id: string, fate: Exclude<MessageFate, "received" | "queued">, reason?: string): void;
  ofRun(runId: string): StoredMessage[];
  /** queued, whose run (or the run that took it along) has ended and whose answer has no rows yet; of one run, or of all. */
  owed(runId?: string): (StoredMessage & { host_run: string })[];
  markAnswered(id: string, hostRun: string): void;
  page(page: PageOf & { fate?: MessageFate | undefined }): { messages: StoredMessage[]; hasMore: boolean };
  prune(): void;
}

/** Providers repeat themselves for days; ids are kept for a month. */
const keptMs = 30 * 86_400_000;
const previewLength = 160;

export function createMessageLog(db: Database, clock: Clock): MessageLog {
  return {
    insert(message) {
      const { event } = message;
      const now = clock.now();
      const place = event.place ?? { chatId: "", chatKind: "direct" as const };
      const known = message.fate === "received";
      const [written] = db.all<{ id: string }>(
        `INSERT INTO channel_messages (id, channel, account, update_id, kind, chat_id, chat_kind, thread_id, message_id, sender_id,
           sender_name, role, preview, event, fate, reason, album, received_at, due_at, settled_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (channel, account, update_id) DO NOTHING RETURNING id`,
        createId("cm", now),
        message.channel,
        message.account,
        message.updateId,
        event.kind,
        place.chatId,
        place.chatKind,
        place.threadId ?? null,
        "messageId" in event ? event.messageId : null,
        event.sender?.id ?? "",
        (event.sender?.name ?? "").slice(0, 100),
        message.role ?? null,
        // Words of people who were not let in are not kept.
        known ? previewOf(event) : "",
        known ? JSON.stringify(event) : null,
        message.fate,
        message.reason ?? (event.kind === "ignored" ? event.reason : null),
        event.kind === "message" ? (event.albumId ?? null) : null,
        now,
        known ? (message.dueAt ?? now) : null,
        known ? null : now,
      );
      return written?.id;
    },
    get: (id) => db.one<StoredMessage>("SELECT * FROM channel_messages WHERE id = ?", id),
    due: (limit) =>
      db.all<StoredMessage>(
        "SELECT * FROM channel_messages WHERE fate = 'received' AND due_at <= ? ORDER BY due_at, rowid LIMIT ?",
        clock.now(),
        limit,
      ),
    nextDueAt: () =>
      db.one<{ next: number | null }>("SELECT min(due_at) AS next FROM channel_messages WHERE fate = 'received'")?.next ??
      undefined,
    album: (row) =>
      db.all<StoredMessage>(
        `SELECT * FROM channel_messages WHERE fate = 'received' AND channel = ? AND account = ? AND chat_id = ? AND sender_id = ?
         AND album = ? ORDER BY message_id, rowid`,
        row.channel,
        row.account,
        row.chat_id,
        row.sender_id,
        row.album,
      ),
    earlierVersion: (row) =>
      db.one<StoredMessage>(
        `SELECT * FROM channel_messages WHERE channel = ? AND account = ? AND chat_id = ? AND message_id = ? AND id <> ?
         AND sender_id = ? AND run_id IS NOT NULL ORDER BY rowid DESC LIMIT 1`,
        row.channel,
        row.account,
        row.chat_id,
        row.message_id,
        row.id,
        row.sender_id,
      ),
    postpone: (id, dueAt) =>
      void db.run("UPDATE channel_messages SET due_at = ?, tries = tries + 1 WHERE id = ? AND fate = 'received'", dueAt, id),
    queued: (id, link) =>
      void db.run(
        "UPDATE channel_messages SET fate = 'queued', session_key = ?, run_id = ?, event = NULL, due_at = NULL WHERE id = ?",
        link.sessionKey,
        link.runId,
        id,
      ),
    settle: (id, fate, reason) =>
      void db.run(
        "UPDATE channel_messages SET fate = ?, reason = ?, event = NULL, due_at = NULL, settled_at = ? WHERE id = ?",
        fate,
        reason ?? null,
        clock.now(),
        id,
      ),
    ofRun: (runId) =>
      db.all<StoredMessage>(
        `SELECT * FROM channel_messages WHERE fate = 'queued' AND run_id IN
         (SELECT ? UNION ALL SELECT id FROM runs WHERE merged_into = ?) ORDER BY rowid`,
        runId,
        runId,
      ),
    owed: (runId) =>
      db.all<StoredMessage & { host_run: string }>(
        `SELECT m.*, host.id AS host_run FROM channel_messages m JOIN runs r ON r.id = m.run_id
         JOIN runs host ON host.id = coalesce(r.merged_into, r.id)
         WHERE m.fate = 'queued' AND m.answered_run IS NULL AND host.ended_at IS NOT NULL
         ${runId === undefined ? "" : "AND m.run_id IN (SELECT ? UNION ALL SELECT id FROM runs WHERE merged_into = ?)"}
         ORDER BY m.rowid LIMIT 500`,
        ...(runId === undefined ? [] : [runId, runId]),
      ),
    markAnswered: (id, hostRun) => void db.run("UPDATE channel_messages SET answered_run = ? WHERE id = ?", hostRun, id),
    page: (page) => pageOf(db, page),
    prune: () =>
      void db.run("DELETE FROM channel_messages WHERE received_at < ? AND settled_at IS NOT NULL", clock.now() - keptMs),
  };
}

function pageOf(db: Database, page: PageOf & { fate?: MessageFate | undefined }) {
  const limit = Math.min(page.limit ?? 50, 200);
  const { where, values } = filterOf({ channel: page.channel, account: page.accountId, fate: page.fate });
  if (page.before !== undefined) {
    where.push("rowid < (SELECT rowid FROM channel_messages WHERE id = ?)");
    values.push(page.before);
  }
  const found = db.all<StoredMessage>(
    `SELECT * FROM channel_messages ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""} ORDER BY rowid DESC LIMIT ?`,
    ...values,
    limit + 1,
  );
  return { messages: found.slice(0, limit), hasMore: found.length > limit };
}

/** Conditions for the columns that are asked for. */
export function filterOf(columns: Record<string, string | undefined>): { where: string[]; values: SqlValue[] } {
  const given = Object.entries(columns).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { where: given.map(([column]) => `${column} = ?`), values: given.map(([, value]) => value) };
}

function previewOf(event: InboundEvent): string {
  if (event.kind === "press") return "a button";
  if (event.kind !== "message") return "";
  const text = event.text.replace(/\s+/g, " ").trim();
  const files = event.files.map((file) => `[${file.kind}]`).join(" ");
  return `${text} ${files}`.trim().slice(0, previewLength).toWellFormed();
}

export const placeOf = (row: StoredMessage): Place => ({
  chatId: row.chat_id,
  chatKind: row.chat_kind,
  ...(row.thread_id === null ? {} : { threadId: row.thread_id }),
});

export function messageRow(row: StoredMessage, sends: ChannelSendRow[]): ChannelMessageRow {
  return {
    id: row.id,
    channel: row.channel,
    accountId: row.account,
    updateId: row.update_id,
    kind: row.kind,
    chatId: row.chat_id,
    chatKind: row.chat_kind,
    threadId: row.thread_id,
    senderId: row.sender_id,
    senderName: row.sender_name,
    preview: row.preview,
    fate: row.fate,
    reason: row.reason,
    sessionKey: row.session_key,
    runId: row.run_id,
    receivedAt: row.received_at,
    settledAt: row.settled_at,
    sends,
  };
}
