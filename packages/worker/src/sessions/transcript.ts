/** The append-only log of each conversation. Rows are added, never changed; what people see and what the model reads both come from here. */

import type { ChatMessage, ContentPart } from "@moltworker/protocol/messages";
import type { LogEntry, LogPart } from "../agent/log-entry.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database, SqlValue } from "../storage/database.ts";

export interface StoredMessage {
  id: string;
  seq: number;
  runId: string | null;
  idempotencyKey: string | null;
  createdAt: number;
  entry: LogEntry;
}

export interface Transcript {
  append(sessionKey: string, entry: LogEntry, link: { runId?: string; idempotencyKey?: string }): StoredMessage;
  /** Newest `limit` rows before `offset`, oldest first. */
  page(sessionKey: string, limit: number, offset: number): { messages: StoredMessage[]; total: number };
  /** What the model may read: the newest compaction, the entries it keeps, and all after it. */
  context(sessionKey: string): StoredMessage[];
  /** Marks this row and every later one as superseded. Returns how many. 0 when the row is not in the live log. */
  rewind(sessionKey: string, messageId: string): number;
  ofRun(runId: string): StoredMessage[];
}

interface Row {
  id: string;
  seq: number;
  body: string;
  run_id: string | null;
  idempotency_key: string | null;
  created_at: number;
}

const live = "session_key = ? AND superseded = 0 AND revision = (SELECT revision FROM sessions WHERE key = ?)";
const columns = "id, seq, body, run_id, idempotency_key, created_at";

export function createTranscript(db: Database, clock: Clock): Transcript {
  const select = (where: string, ...values: SqlValue[]) =>
    db.all<Row>(`SELECT ${columns} FROM messages WHERE ${where}`, ...values).map(storedFromRow);

  return {
    append(sessionKey, entry, link) {
      const now = clock.now();
      const id = createId("msg", now);
      const place = db.one<{ seq: number; revision: number }>(
        "UPDATE sessions SET next_seq = next_seq + 1, updated_at = ? WHERE key = ? RETURNING next_seq - 1 AS seq, revision",
        now,
        sessionKey,
      );
      if (!place) throw new Error(`append to a session that does not exist: ${sessionKey}`);
      db.run(
        "INSERT INTO messages (id, session_key, revision, seq, role, body, run_id, idempotency_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        sessionKey,
        place.revision,
        place.seq,
        entry.role,
        JSON.stringify(entry),
        link.runId ?? null,
        link.idempotencyKey ?? null,
        now,
      );
      return {
        id,
        seq: place.seq,
        runId: link.runId ?? null,
        idempotencyKey: link.idempotencyKey ?? null,
        createdAt: now,
        entry,
      };
    },
    page(sessionKey, limit, offset) {
      const rows = select(`${live} ORDER BY seq DESC LIMIT ? OFFSET ?`, sessionKey, sessionKey, limit, offset);
      const count = db.one<{ total: number }>(`SELECT count(*) AS total FROM messages WHERE ${live}`, sessionKey, sessionKey);
      return { messages: rows.reverse(), total: count?.total ?? 0 };
    },
    context(sessionKey) {
      const [fold] = select(`${live} AND role = 'compaction' ORDER BY seq DESC LIMIT 1`, sessionKey, sessionKey);
      if (!fold) return select(`${live} ORDER BY seq`, sessionKey, sessionKey);
      const kept = fold.entry.role === "compaction" ? (fold.entry.kept ?? 0) : 0;
      const before = select(`${live} AND seq < ? ORDER BY seq DESC LIMIT ?`, sessionKey, sessionKey, fold.seq, kept);
      return [...before.reverse(), ...select(`${live} AND seq >= ? ORDER BY seq`, sessionKey, sessionKey, fold.seq)];
    },
    rewind(sessionKey, messageId) {
      const from = db.one<{ seq: number }>(
        `SELECT seq FROM messages WHERE id = ? AND ${live}`,
        messageId,
        sessionKey,
        sessionKey,
      );
      if (!from) return 0;
      const ids = db.all<{ id: string }>(`SELECT id FROM messages WHERE ${live} AND seq >= ?`, sessionKey, sessionKey, from.seq);
      db.run("UPDATE messages SET superseded = 1 WHERE session_key = ? AND superseded = 0 AND seq >= ?", sessionKey, from.seq);
      return ids.length;
    },
    ofRun: (runId) => select("run_id = ? ORDER BY seq", runId),
  };
}

function storedFromRow(row: Row): StoredMessage {
  return {
    id: row.id,
    seq: row.seq,
    runId: row.run_id,
    idempotencyKey: row.idempotency_key,
    createdAt: row.created_at,
    entry: JSON.parse(row.body) as LogEntry,
  };
}

/** The wire form of a row: provider data (signatures) stays behind. */
export function chatMessageFrom(stored: StoredMessage): ChatMessage {
  const { entry } = stored;
  const base = {
    timestamp: stored.createdAt,
    __openclaw: { id: stored.id, seq: stored.seq, ...(stored.runId ? { runId: stored.runId } : {}) },
  };
  if (entry.role === "user") {
    return {
      ...base,
      role: "user",
      content: entry.content.map(visiblePart),
      ...(stored.idempotencyKey ? { idempotencyKey: stored.idempotencyKey } : {}),
    };
  }
  if (entry.role === "assistant") return { ...base, ...entry, content: entry.content.map(visiblePart) };
  if (entry.role === "toolResult") {
    const { untrustedFrom: _hidden, ...rest } = entry;
    return { ...base, ...rest };
  }
  return { ...base, role: "compaction", content: entry.content };
}

function visiblePart(part: LogPart): ContentPart {
  if (!("providerData" in part)) return part;
  const { providerData: _hidden, ...rest } = part;
  return rest as ContentPart;
}

/** Plain text of an entry, for titles, previews and search. */
export function textOf(entry: LogEntry): string {
  return entry.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
