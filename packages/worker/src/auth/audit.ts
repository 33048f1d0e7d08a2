/**
 * Who did what, and what came of it: sign-ins, refusals, and every change of grants, keys, settings and STOP. Rows are only
 * ever added, and the oldest fall off; no secret is in one. Addresses are for people to read, never for a decision.
 */

import type { AuditRow } from "@moltworker/protocol/rows";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import type { Principal } from "./principal.ts";

export const MAX_AUDIT_ROWS = 100_000;

export const auditMigration: Migration = {
  name: "0015-audit",
  statements: [
    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, surface TEXT NOT NULL,
      action TEXT NOT NULL, outcome TEXT NOT NULL, address TEXT, detail TEXT)`,
  ],
};

export interface AuditEntry {
  who: string;
  surface: "socket" | "http";
  action: string;
  /** "ok", or the code of the refusal. */
  outcome: string;
  address?: string;
  /** What it was done to, in a few words. */
  detail?: string;
}

export interface Audit {
  record(entry: AuditEntry): void;
  /** Newest first. `before`: rows older than this id. `search`: in any of the words, whatever their case. */
  list(page: { limit: number; before?: number; search?: string }): AuditRow[];
  /** Drops what is beyond the newest `MAX_AUDIT_ROWS`. */
  prune(): void;
}

export function createAudit(db: Database, clock: Clock): Audit {
  return {
    record: ({ who, surface, action, outcome, address, detail }) =>
      void db.run(
        "INSERT INTO audit (at, who, surface, action, outcome, address, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        clock.now(),
        who,
        surface,
        action,
        outcome,
        address ?? null,
        detail?.slice(0, 300) ?? null,
      ),
    list: ({ limit, before, search }) =>
      db.all<AuditRow>(
        `SELECT id, at, who, surface, action, outcome, address, detail FROM audit
         WHERE id < ? AND (? = '' OR instr(lower(who || ' ' || action || ' ' || outcome || ' ' || coalesce(address, '') || ' ' || coalesce(detail, '')), ?) > 0)
         ORDER BY id DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        search?.trim().toLowerCase() ?? "",
        search?.trim().toLowerCase() ?? "",
        limit,
      ),
    prune: () => void db.run("DELETE FROM audit WHERE id <= (SELECT coalesce(MAX(id), 0) FROM audit) - ?", MAX_AUDIT_ROWS),
  };
}

/** A principal in the audit: its kind and id, which are no secrets. */
export function auditName(principal: Principal): string {
  if (principal.kind === "anonymous") return "nobody";
  if (principal.kind === "owner" && principal.via === "access") return `owner ${principal.access.name}`;
  return `${principal.kind} ${principal.id}`;
}
