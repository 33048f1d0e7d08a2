/** Sessions: one row each, made on first use. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Usage } from "@moltworker/protocol/messages";
import type { SessionPatch, SessionsListParams } from "@moltworker/protocol/methods";
import { type ThinkingLevel, thinkingLevels } from "@moltworker/protocol/rows";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { mainSessionKey } from "./session-key.ts";

export interface StoredSession {
  key: string;
  session_id: string;
  revision: number;
  label: string | null;
  title: string | null;
  model: string | null;
  thinking: ThinkingLevel | null;
  created_at: number;
  updated_at: number;
  archived: number;
  pinned: number;
  unread: number;
  next_seq: number;
  last_text: string | null;
  failed: number;
  /** Prompt tokens of the newest model call. */
  context_tokens: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
}

export interface SessionStore {
  get(key: string): StoredSession | undefined;
  /** Throws NOT_FOUND. */
  need(key: string): StoredSession;
  /** The row, made when absent; `created` says which. */
  ensure(key: string): { session: StoredSession; created: boolean };
  list(params: SessionsListParams): { sessions: StoredSession[]; totalCount: number };
  patch(key: string, patch: SessionPatch): StoredSession;
  /** A fresh conversation under the same key; older rows stay in the log under the older revision. */
  reset(key: string): StoredSession;
  /** Throws CONFLICT for the main session, which every client expects to exist. */
  delete(key: string): boolean;
  touch(key: string, change: { lastText?: string; unread?: boolean; failed?: boolean }): void;
  addUsage(key: string, usage: Usage): void;
}

export function createSessionStore(db: Database, clock: Clock): SessionStore {
  const get = (key: string) => db.one<StoredSession>("SELECT * FROM sessions WHERE key = ?", key);
  const need = (key: string): StoredSession => {
    const session = get(key);
    if (!session) throw new MoltError("NOT_FOUND", { message: `there is no session "${key}"` });
    return session;
  };

  return {
    get,
    need,
    ensure(key) {
      const found = get(key);
      if (found) return { session: found, created: false };
      const now = clock.now();
      db.run(
        "INSERT INTO sessions (key, session_id, created_at, updated_at) VALUES (?, ?, ?, ?)",
        key,
        createId("ses", now),
        now,
        now,
      );
      return { session: need(key), created: true };
    },
    list: (params) => listSessions(db, clock, params),
    patch(key, patch) {
      need(key);
      const [columns, values] = patchColumns(patch);
      if (columns.length > 0)
        db.run(`UPDATE sessions SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE key = ?`, ...values, key);
      return need(key);
    },
    reset(key) {
      need(key);
      db.run(
        "UPDATE sessions SET revision = revision + 1, title = NULL, last_text = NULL, failed = 0, context_tokens = 0, updated_at = ? WHERE key = ?",
        clock.now(),
        key,
      );
      return need(key);
    },
    delete(key) {
      if (key === mainSessionKey)
        throw new MoltError("CONFLICT", { message: "the main session cannot be deleted", hint: "Reset it instead." });
      db.run("DELETE FROM messages WHERE session_key = ?", key);
      return db.run("DELETE FROM sessions WHERE key = ?", key) > 0;
    },
    touch(key, change) {
      db.run(
        `UPDATE sessions SET updated_at = ?, last_text = coalesce(?, last_text), title = coalesce(title, ?),
         unread = coalesce(?, unread), failed = coalesce(?, failed) WHERE key = ?`,
        clock.now(),
        change.lastText?.slice(0, 200) ?? null,
        change.lastText?.slice(0, 80) ?? null,
        change.unread === undefined ? null : Number(change.unread),
        change.failed === undefined ? null : Number(change.failed),
        key,
      );
    },
    addUsage(key, usage) {
      db.run(
        "UPDATE sessions SET context_tokens = ?, input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, cost_usd = cost_usd + ? WHERE key = ?",
        usage.input,
        usage.input,
        usage.output,
        usage.cost?.total ?? 0,
        key,
      );
    },
  };
}

function listSessions(db: Database, clock: Clock, params: SessionsListParams): { sessions: StoredSession[]; totalCount: number } {
  const where = ["archived = ?"];
  const values: SqlValue[] = [params.archived ? 1 : 0];
  if (params.search) {
    // instr and not LIKE: no wildcards to escape, no 50-byte pattern limit.
    where.push("(instr(lower(coalesce(label, title, '') || ' ' || key || ' ' || coalesce(last_text, '')), lower(?)) > 0)");
    values.push(params.search);
  }
  if (params.label) {
    where.push("label = ?");
    values.push(params.label);
  }
  if (params.activeMinutes) {
    where.push("updated_at >= ?");
    values.push(clock.now() - params.activeMinutes * 60_000);
  }
  const filter = where.join(" AND ");
  const sessions = db.all<StoredSession>(
    `SELECT * FROM sessions WHERE ${filter} ORDER BY pinned DESC, updated_at DESC, key LIMIT ? OFFSET ?`,
    ...values,
    params.limit ?? 200,
    params.offset ?? 0,
  );
  const count = db.one<{ total: number }>(`SELECT count(*) AS total FROM sessions WHERE ${filter}`, ...values);
  return { sessions, totalCount: count?.total ?? 0 };
}

function patchColumns(patch: SessionPatch): [columns: string[], values: SqlValue[]] {
  const columns: string[] = [];
  const values: SqlValue[] = [];
  const set = (column: string, value: SqlValue) => {
    columns.push(column);
    values.push(value);
  };
  if (patch.label !== undefined) set("label", patch.label?.trim() || null);
  if (patch.model !== undefined) set("model", patch.model);
  if (patch.thinkingLevel !== undefined) set("thinking", parseThinking(patch.thinkingLevel));
  for (const flag of ["archived", "pinned", "unread"] as const) {
    const value = patch[flag];
    if (value !== undefined) set(flag, value ? 1 : 0);
  }
  return [columns, values];
}

function parseThinking(level: string | null): ThinkingLevel | null {
  if (level === null) return null;
  const known = thinkingLevels.find((candidate) => candidate === level);
  if (!known)
    throw new MoltError("INVALID_REQUEST", {
      message: `"${level}" is not a thinking level`,
      hint: `Use one of: ${thinkingLevels.join(", ")}.`,
    });
  return known;
}
