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

/** What stands in it can neither be changed nor taken out, whatever asks; only what is beyond the newest rows may fall off. */
export const auditGuardMigration: Migration = {
  name: "0041-audit-guard",
  statements: [
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END",
    `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.id > (SELECT MAX(id) FROM audit) - ${MAX_AUDIT_ROWS}
      BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END`,
    `CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
      BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END`,
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

export interface AuditPage {
  limit: number;
  /** Rows older than this id. */
  before?: number | undefined;
  /** In any of the words, whatever their case. */
  search?: string | undefined;
  /** How the action begins: `device.`, `config.patch`. */
  action?: string | undefined;
  /** How `who` begins: `owner`, `api at_…`. */
  who?: string | undefined;
  /** What came of it: all that was done, all that was refused, or one code. */
  outcome?: "done" | "refused" | (string & {}) | undefined;
  /** Epoch ms, from this moment on. */
  since?: number | undefined;
  /** Epoch ms, before this moment. */
  until?: number | undefined;
}

export interface Audit {
  record(entry: AuditEntry): void;
  /** Newest first. */
  list(page: AuditPage): AuditRow[];
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
    list: ({ limit, before, search = "", action = "", who = "", outcome = "", since, until }) => {
      const words = search.trim().toLowerCase();
      return db.all<AuditRow>(
        `SELECT id, at, who, surface, action, outcome, address, detail FROM audit
         WHERE id < ? AND at >= ? AND at < ?
           AND (? = '' OR instr(lower(who || ' ' || action || ' ' || outcome || ' ' || coalesce(address, '') || ' ' || coalesce(detail, '')), ?) > 0)
           AND substr(action, 1, length(?)) = ? AND substr(who, 1, length(?)) = ?
           AND CASE ? WHEN '' THEN 1 WHEN 'done' THEN outcome = 'ok' WHEN 'refused' THEN outcome <> 'ok' ELSE outcome = ? END
         ORDER BY id DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        since ?? 0,
        until ?? Number.MAX_SAFE_INTEGER,
        words,
        words,
        action,
        action,
        who,
        who,
        outcome,
        outcome,
        limit,
      );
    },
    prune: () => void db.run("DELETE FROM audit WHERE id <= (SELECT coalesce(MAX(id), 0) FROM audit) - ?", MAX_AUDIT_ROWS),
  };
}

/** A principal in the audit: its kind and id, which are no secrets. */
export function auditName(principal: Principal): string {
  if (principal.kind === "anonymous") return "nobody";
  if (principal.kind === "owner" && principal.via === "access") return `owner ${principal.access.name}`;
  return `${principal.kind} ${principal.id}`;
}
