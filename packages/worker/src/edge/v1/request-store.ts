/** One row for each request of the API: who asked, under which key, for which run. The id is the run's; it is claimed once. */

import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../storage/database.ts";
import type { Migration } from "../../storage/migrations.ts";
import type { Asked } from "./asked.ts";

export interface StoredRequest {
  /** The run's id. */
  id: string;
  /** Whose request it is: `owner`, `api:<id>` or `device:<id>`. Every reading names it. */
  owner: string;
  form: Asked["form"];
  /** SHA-256 of the body: the same key with another body is a mistake. */
  body_hash: string;
  session_key: string;
  /** As the client wrote it. */
  model: string;
  /** JSON, repeated in the answer. */
  echo: string;
  /** 1: the conversation belongs to this request alone. */
  once: number;
  /** 1: named by an Idempotency-Key, so that its answer can be asked for again. */
  keyed: number;
  /** 1: nobody waits on the connection. */
  background: number;
  created_at: number;
  /** Epoch milliseconds after which row and conversation are dropped. */
  expires_at: number;
}

export type NewRequest = Omit<StoredRequest, "created_at">;

export const httpRequestsMigration: Migration = {
  name: "0020-http-requests",
  statements: [
    `CREATE TABLE http_requests (
      id TEXT PRIMARY KEY, owner TEXT NOT NULL, form TEXT NOT NULL, body_hash TEXT NOT NULL, session_key TEXT NOT NULL,
      model TEXT NOT NULL, echo TEXT NOT NULL, once INTEGER NOT NULL, keyed INTEGER NOT NULL, background INTEGER NOT NULL,
      created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)`,
    "CREATE INDEX http_requests_by_end ON http_requests (expires_at)",
    "CREATE INDEX http_requests_by_session ON http_requests (session_key)",
  ],
};

export interface RequestStore {
  /** Of this owner; another's is not there. */
  find(owner: string, id: string): StoredRequest | undefined;
  insert(request: NewRequest): StoredRequest;
  delete(id: string): void;
  /** True while another request lives in the same conversation. */
  isShared(request: StoredRequest): boolean;
  expired(limit: number): StoredRequest[];
  /** Of runs that are not over. */
  open(): StoredRequest[];
}

export function createRequestStore(db: Database, clock: Clock): RequestStore {
  const find = (owner: string, id: string) =>
    db.one<StoredRequest>("SELECT * FROM http_requests WHERE id = ? AND owner = ?", id, owner);
  return {
    find,
    insert(row) {
      db.run(
        `INSERT INTO http_requests (id, owner, form, body_hash, session_key, model, echo, once, keyed, background, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        row.id,
        row.owner,
        row.form,
        row.body_hash,
        row.session_key,
        row.model,
        row.echo,
        row.once,
        row.keyed,
        row.background,
        clock.now(),
        row.expires_at,
      );
      return find(row.owner, row.id) as StoredRequest;
    },
    delete: (id) => void db.run("DELETE FROM http_requests WHERE id = ?", id),
    isShared: ({ id, session_key }) =>
      db.one("SELECT 1 AS one FROM http_requests WHERE session_key = ? AND id <> ? LIMIT 1", session_key, id) !== undefined,
    expired: (limit) =>
      db.all<StoredRequest>("SELECT * FROM http_requests WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", clock.now(), limit),
    open: () =>
      db.all<StoredRequest>(
        "SELECT h.* FROM http_requests h JOIN runs r ON r.id = h.id WHERE r.state IN ('queued', 'running', 'waiting')",
      ),
  };
}
