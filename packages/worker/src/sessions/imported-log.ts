/** Entries that were said elsewhere, under ids made from their own, so that bringing them twice adds nothing. */

import type { LogEntry } from "../agent/log-entry.ts";
import type { Database } from "../storage/database.ts";
import type { SessionStore } from "./session-store.ts";
import { textOf } from "./transcript.ts";

export interface ImportedLog {
  /** Nothing was said under this key, so it may become the imported conversation. */
  isFree(sessionKey: string): boolean;
  /** How many of these are not in the log yet. */
  missing(sessionKey: string, sourceId: string, entryIds: string[]): number;
  /** Adds what is missing, in order, with its own times. Call it inside a transaction. */
  add(conversation: {
    key: string;
    sourceId: string;
    label: string | undefined;
    archived: boolean;
    entries: readonly { id: string; at: number; entry: LogEntry }[];
  }): void;
}

export function createImportedLog(db: Database, sessions: SessionStore): ImportedLog {
  const has = (id: string) => db.one("SELECT 1 FROM messages WHERE id = ?", id) !== undefined;
  return {
    isFree: (sessionKey) => db.one("SELECT 1 FROM messages WHERE session_key = ? LIMIT 1", sessionKey) === undefined,
    missing: (_sessionKey, sourceId, entryIds) => entryIds.filter((id) => !has(messageId(sourceId, id))).length,
    add({ key, sourceId, label, archived, entries }) {
      const { session, created } = sessions.ensure(key);
      let seq = session.next_seq;
      for (const { id, at, entry } of entries) {
        if (has(messageId(sourceId, id))) continue;
        db.run(
          "INSERT INTO messages (id, session_key, revision, seq, role, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
          messageId(sourceId, id),
          key,
          session.revision,
          seq,
          entry.role,
          JSON.stringify(entry),
          at,
        );
        seq += 1;
      }
      const last = entries.findLast(({ entry }) => entry.role === "user" || entry.role === "assistant");
      const first = entries.find(({ entry }) => entry.role === "user");
      db.run(
        `UPDATE sessions SET next_seq = ?, label = coalesce(label, ?), title = coalesce(title, ?), last_text = coalesce(last_text, ?),
           created_at = min(created_at, ?), updated_at = ?, archived = ? WHERE key = ?`,
        seq,
        label?.slice(0, 200) ?? null,
        first ? textOf(first.entry).slice(0, 80) : null,
        last ? textOf(last.entry).slice(0, 200) : null,
        entries[0]?.at ?? session.created_at,
        created ? (entries.at(-1)?.at ?? session.updated_at) : session.updated_at,
        created && archived ? 1 : session.archived,
        key,
      );
    },
  };
}

const messageId = (sourceId: string, entryId: string): string => `imp_${sourceId.slice(0, 60)}_${entryId.slice(0, 60)}`;
