/** Deliveries of webhooks, each once: the row is the replay cache, the way from a run to where its answer goes, and the log. */

import type { HookDeliveryRow } from "@moltworker/protocol/hooks";
import type { Clock } from "../../platform/clock.ts";
import { createId } from "../../platform/id.ts";
import type { Database } from "../../storage/database.ts";
import type { Migration } from "../../storage/migrations.ts";

export interface Target {
  channel: string;
  account: string;
  /** null: the owner's conversation there. */
  to: string | null;
}

export interface StoredDelivery {
  id: string;
  hook: string;
  delivery: string;
  session_key: string;
  /** null: it was put into the conversation, and no run was started for it. */
  run_id: string | null;
  /** Target as JSON. */
  target: string | null;
  /** null while the answer is still to be handed to its channel. */
  handed: string | null;
  received_at: number;
}

export const hooksMigration: Migration = {
  name: "0023-hooks",
  statements: [
    // `delivery` is what the signature covers (or the caller's key). `handed`: the outbox row of the answer, or why there is none.
    `CREATE TABLE hook_deliveries (
      id TEXT PRIMARY KEY, hook TEXT NOT NULL, delivery TEXT NOT NULL, session_key TEXT NOT NULL, run_id TEXT, target TEXT,
      handed TEXT, received_at INTEGER NOT NULL, UNIQUE (hook, delivery))`,
    "CREATE INDEX hook_deliveries_by_run ON hook_deliveries (run_id)",
    "CREATE INDEX hook_deliveries_owed ON hook_deliveries (received_at) WHERE target IS NOT NULL AND handed IS NULL",
    "CREATE TABLE hook_failures (address TEXT PRIMARY KEY, failures INTEGER NOT NULL, began_at INTEGER NOT NULL)",
  ],
};

/** A signature without a time could be sent again for ever, so its row stays for long. */
const keepMs = 400 * 86_400_000;

export interface HookStore {
  find(hook: string, delivery: string): StoredDelivery | undefined;
  insert(row: Omit<StoredDelivery, "id" | "handed" | "received_at">): void;
  /** Deliveries of ended runs whose answers are still to be handed on. */
  owed(): StoredDelivery[];
  owedByRun(runId: string): StoredDelivery | undefined;
  handed(id: string, how: string): void;
  last(hook: string): number | null;
  page(limit: number, before: string | undefined): HookDeliveryRow[];
  prune(): void;
}

export function createHookStore(db: Database, clock: Clock): HookStore {
  return {
    find: (hook, delivery) =>
      db.one<StoredDelivery>("SELECT * FROM hook_deliveries WHERE hook = ? AND delivery = ?", hook, delivery),
    insert: (row) =>
      void db.run(
        "INSERT INTO hook_deliveries (id, hook, delivery, session_key, run_id, target, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        createId("hd", clock.now()),
        row.hook,
        row.delivery,
        row.session_key,
        row.run_id,
        row.target,
        clock.now(),
      ),
    owed: () =>
      db.all<StoredDelivery>(
        `SELECT h.* FROM hook_deliveries h JOIN runs r ON r.id = h.run_id
         WHERE h.target IS NOT NULL AND h.handed IS NULL AND r.ended_at IS NOT NULL ORDER BY h.received_at LIMIT 200`,
      ),
    owedByRun: (runId) =>
      db.one<StoredDelivery>("SELECT * FROM hook_deliveries WHERE run_id = ? AND target IS NOT NULL AND handed IS NULL", runId),
    handed: (id, how) => void db.run("UPDATE hook_deliveries SET handed = ? WHERE id = ?", how.slice(0, 300), id),
    last: (hook) =>
      db.one<{ last: number | null }>("SELECT max(received_at) AS last FROM hook_deliveries WHERE hook = ?", hook)?.last ?? null,
    page: (limit, before) =>
      db.all<HookDeliveryRow>(
        `SELECT h.id, h.hook, h.session_key AS sessionKey, h.run_id AS runId, r.state AS runState, h.handed,
           h.received_at AS receivedAt
         FROM hook_deliveries h LEFT JOIN runs r ON r.id = h.run_id
         WHERE h.id < ? ORDER BY h.id DESC LIMIT ?`,
        before ?? "~",
        limit,
      ),
    prune: () => void db.run("DELETE FROM hook_deliveries WHERE received_at < ?", clock.now() - keepMs),
  };
}
