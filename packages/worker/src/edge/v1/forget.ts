/** Drops requests whose time is over, and the conversations that were theirs alone, with everything in them. */

import type { LogEntry } from "../../agent/log-entry.ts";
import type { SessionStore } from "../../sessions/session-store.ts";
import type { Blobs } from "../../storage/blobs.ts";
import type { Database } from "../../storage/database.ts";
import type { RequestStore, StoredRequest } from "./request-store.ts";

export interface ForgetDeps {
  db: Database;
  requests: RequestStore;
  sessions: SessionStore;
  blobs: Blobs;
}

const tablesOfRun = ["run_steps", "tool_calls", "approvals", "inbox", "outbox"] as const;

/** A conversation that goes on in another response stays until the last of them is dropped. */
export async function forgetRequest(deps: ForgetDeps, request: StoredRequest): Promise<void> {
  const { db, requests, sessions, blobs } = deps;
  if (request.once === 0 || requests.isShared(request)) return requests.delete(request.id);
  const rows = db.all<{ body: string }>("SELECT body FROM messages WHERE session_key = ?", request.session_key);
  db.transaction(() => {
    const runs = db.all<{ id: string }>("SELECT id FROM runs WHERE session_key = ?", request.session_key);
    for (const { id } of runs) {
      for (const table of tablesOfRun) db.run(`DELETE FROM ${table} WHERE run_id = ?`, id);
      db.run("DELETE FROM runs WHERE id = ?", id);
    }
    sessions.delete(request.session_key);
    requests.delete(request.id);
  });
  for (const id of new Set(rows.flatMap(({ body }) => blobsIn(JSON.parse(body) as LogEntry)))) {
    // A branch of this conversation may hold the same file.
    const used = db.one("SELECT 1 AS one FROM messages WHERE instr(body, ?) > 0 LIMIT 1", id);
    if (!used) await blobs.delete(id);
  }
}

function blobsIn(entry: LogEntry): string[] {
  if (entry.role !== "user") return [];
  return entry.content.flatMap((part) => (part.type === "image" || part.type === "file" ? [part.blobId] : []));
}
