/**
 * The outbox's rows of channels. prepared → attempted → confirmed with the provider's id, or unknown, or dead. `attempted` is
 * written before the call leaves, so a later life knows what was in the air; what may be repeated then is decided in `resume`.
 */

import type { ChannelSendRow, SendState } from "@moltworker/protocol/channels";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { Place } from "./channel.ts";
import type { PageOf } from "./channels.ts";
import { filterOf } from "./message-log.ts";

/** `answer`: part of a run's answer; its text may follow later. The rest are single sends. */
export type SendKind = "answer" | "notice" | "file" | "approval" | "test";

/** What is sent; a file is named and read when it goes. */
export interface SendBody {
  markdown: string;
  buttons?: { label: string; data: string }[][];
  file?: { path: string; fileName: string; mimeType: string; kind: "photo" | "voice" | "audio" | "video" | "document" };
  /** The provider refused the formatting before. */
  plain?: boolean;
}

export interface StoredSend {
  id: string;
  dedupe_key: string;
  session_key: string;
  run_id: string;
  channel: string;
  account: string;
  /** Place as JSON. */
  place: string;
  lane: string;
  kind: SendKind;
  /** SendBody as JSON; null while the answer is being made. */
  body: string | null;
  reply_to: string | null;
  state: SendState;
  attempts: number;
  receipt: string | null;
  due_at: number | null;
  error: string | null;
  place_in_lane: number;
  created_at: number;
  updated_at: number;
}

export interface NewSend {
  channel: string;
  account: string;
  place: Place;
  kind: SendKind;
  /** Once, however often it is asked. */
  key: string;
  body?: SendBody;
  runId?: string;
  sessionKey?: string;
  replyTo?: string;
}

export interface Sends {
  /** The row's id, made now or before. */
  prepare(send: NewSend): string;
  get(id: string): StoredSend | undefined;
  byKey(key: string): StoredSend | undefined;
  byKeyPrefix(prefix: string): StoredSend[];
  /** Lanes that have work; each with the time of its next one. */
  lanes(): { lane: string; channel: string; account: string; due_at: number }[];
  /** The next row of a lane that can be worked on, in order. */
  next(lane: string): StoredSend | undefined;
  setBody(id: string, body: SendBody): void;
  attempt(id: string): void;
  /** The placeholder stands; the answer is edited into it. */
  claimed(id: string, receipt: string): void;
  /** The placeholder is gone: the row needs a new one. */
  unclaim(id: string): void;
  confirm(id: string, receipt: string): void;
  /** Nothing happened: again at `dueAt`. */
  postpone(id: string, dueAt: number, error: string): void;
  end(id: string, state: "unknown" | "dead", error: string): void;
  /** By hand: dead or unknown → prepared. False when it is neither. */
  retry(id: string): boolean;
  discard(id: string): boolean;
  /** What an earlier life left in the air. Returns the rows whose placeholder or single send may have arrived. */
  resume(repeatable: (send: StoredSend) => boolean): { again: StoredSend[]; unknown: StoredSend[] };
  ofRun(runId: string): StoredSend[];
  counts(channel: string, account: string): { waiting: number; unknown: number; dead: number };
  page(page: PageOf & { state?: SendState | undefined }): { sends: StoredSend[]; hasMore: boolean };
  prune(): void;
}

const keptMs = 30 * 86_400_000;
/** Work that can be done: there is something to say, or a place to claim for it. */
const workable = "state = 'prepared' AND (body IS NOT NULL OR receipt IS NULL)";

export const laneOf = (channel: string, account: string, chatId: string): string => `${channel}|${account}|${chatId}`;

export function createSends(db: Database, clock: Clock): Sends {
  const get = (id: string) => db.one<StoredSend>("SELECT * FROM outbox WHERE id = ? AND lane IS NOT NULL", id);
  const byKey = (key: string) => db.one<StoredSend>("SELECT * FROM outbox WHERE dedupe_key = ?", key);
  const set = (id: string, change: string, ...values: (string | number | null)[]) =>
    db.run(`UPDATE outbox SET ${change}, updated_at = ? WHERE id = ?`, ...values, clock.now(), id);

  return {
    prepare(send) {
      const now = clock.now();
      db.run(
        `INSERT INTO outbox (id, dedupe_key, session_key, run_id, channel, message_id, state, created_at, updated_at,
           account, place, lane, kind, body, reply_to, due_at, place_in_lane)
         VALUES (?, ?, ?, ?, ?, '', 'prepared', ?, ?, ?, ?, ?, ?, ?, ?, ?,
           (SELECT coalesce(max(rowid), 0) + 1 FROM outbox)) ON CONFLICT (dedupe_key) DO NOTHING`,
        createId("out", now),
        send.key,
        send.sessionKey ?? "",
        send.runId ?? "",
        send.channel,
        now,
        now,
        send.account,
        JSON.stringify(send.place),
        laneOf(send.channel, send.account, send.place.chatId),
        send.kind,
        send.body ? JSON.stringify(send.body) : null,
        send.replyTo ?? null,
        now,
      );
      return byKey(send.key)?.id ?? "";
    },
    get,
    byKey,
    byKeyPrefix: (prefix) =>
      db.all<StoredSend>("SELECT * FROM outbox WHERE dedupe_key >= ? AND dedupe_key < ?", prefix, `${prefix}\u{10ffff}`),
    lanes: () =>
      db.all<{ lane: string; channel: string; account: string; due_at: number }>(
        `SELECT lane, channel, account, min(due_at) AS due_at FROM outbox WHERE lane IS NOT NULL AND ${workable} GROUP BY lane`,
      ),
    next: (lane) =>
      db.one<StoredSend>(`SELECT * FROM outbox WHERE lane = ? AND ${workable} ORDER BY place_in_lane LIMIT 1`, lane),
    setBody: (id, body) => void set(id, "body = ?", JSON.stringify(body)),
    attempt: (id) => void set(id, "state = 'attempted', attempts = attempts + 1"),
    claimed: (id, receipt) => void set(id, "state = 'prepared', receipt = ?, error = NULL", receipt),
    unclaim: (id) => void set(id, "state = 'prepared', receipt = NULL, due_at = ?", clock.now()),
    confirm: (id, receipt) => void set(id, "state = 'confirmed', receipt = ?, error = NULL, due_at = NULL", receipt),
    postpone: (id, dueAt, error) => void set(id, "state = 'prepared', due_at = ?, error = ?", dueAt, error.slice(0, 500)),
    end: (id, state, error) => void set(id, "state = ?, error = ?, due_at = NULL", state, error.slice(0, 500)),
    retry(id) {
      const row = get(id);
      if (!row || (row.state !== "dead" && row.state !== "unknown")) return false;
      set(id, "state = 'prepared', due_at = ?, attempts = 0", clock.now());
      return true;
    },
    discard(id) {
      const row = get(id);
      if (!row || (row.state !== "dead" && row.state !== "unknown")) return false;
      set(id, "state = 'confirmed', error = ?", "set aside by a person");
      return true;
    },
    resume(repeatable) {
      const again: StoredSend[] = [];
      const unknown: StoredSend[] = [];
      for (const row of db.all<StoredSend>("SELECT * FROM outbox WHERE lane IS NOT NULL AND state = 'attempted'")) {
        if (repeatable(row)) {
          set(row.id, "state = 'prepared', due_at = ?", clock.now());
          again.push(row);
        } else {
          set(row.id, "state = 'unknown', due_at = NULL, error = ?", "the assistant was restarted while this was being sent");
          unknown.push(row);
        }
      }
      return { again, unknown };
    },
    ofRun: (runId) =>
      db.all<StoredSend>("SELECT * FROM outbox WHERE run_id = ? AND lane IS NOT NULL ORDER BY place_in_lane", runId),
    counts(channel, account) {
      const rows = db.all<{ state: SendState; count: number }>(
        `SELECT state, count(*) AS count FROM outbox WHERE lane IS NOT NULL AND state IN ('prepared', 'attempted', 'unknown', 'dead')
         AND channel = ? AND account = ? GROUP BY state`,
        channel,
        account,
      );
      const of = (state: SendState) => rows.find((row) => row.state === state)?.count ?? 0;
      return { waiting: of("prepared") + of("attempted"), unknown: of("unknown"), dead: of("dead") };
    },
    page(page) {
      const limit = Math.min(page.limit ?? 50, 200);
      const { where, values } = filterOf({ channel: page.channel, account: page.accountId, state: page.state });
      if (page.before !== undefined) {
        where.push("place_in_lane < (SELECT place_in_lane FROM outbox WHERE id = ?)");
        values.push(page.before);
      }
      const found = db.all<StoredSend>(
        `SELECT * FROM outbox WHERE ${["lane IS NOT NULL", ...where].join(" AND ")} ORDER BY place_in_lane DESC LIMIT ?`,
        ...values,
        limit + 1,
      );
      return { sends: found.slice(0, limit), hasMore: found.length > limit };
    },
    prune: () =>
      void db.run(
        "DELETE FROM outbox WHERE lane IS NOT NULL AND state IN ('confirmed', 'dead', 'unknown') AND updated_at < ?",
        clock.now() - keptMs,
      ),
  };
}

export const bodyOf = (row: StoredSend): SendBody | undefined =>
  row.body === null ? undefined : (JSON.parse(row.body) as SendBody);
export const placeOfSend = (row: StoredSend): Place => JSON.parse(row.place) as Place;

export function sendRow(row: StoredSend): ChannelSendRow {
  const body = bodyOf(row);
  return {
    id: row.id,
    channel: row.channel,
    accountId: row.account,
    chatId: placeOfSend(row).chatId,
    kind: row.body === null ? "placeholder" : row.kind,
    preview: (body?.file ? `[${body.file.kind}] ${body.file.fileName}` : (body?.markdown ?? "")).slice(0, 160).toWellFormed(),
    state: row.state,
    attempts: row.attempts,
    receipt: row.receipt,
    error: row.error,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    dueAt: row.due_at,
    runId: row.run_id || null,
  };
}
