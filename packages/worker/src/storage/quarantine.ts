/** What could not be read, kept as it was found: rows are taken here instead of being deleted, and nothing here stops a start. */

import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database, SqlValue } from "./database.ts";

export interface QuarantineRow {
  id: string;
  /** Table, setting, or the place that an import read. */
  source: string;
  /** Which row or item of it. */
  name: string;
  why: string;
  content: string | null;
  at: number;
}

export interface Quarantine {
  /** Keeps what was found; the same finding twice is one row. `content` is text, or bytes for what is not text. */
  add(found: { source: string; name: string; why: string; content: string | ArrayBuffer | null }): void;
  /** Newest first. */
  list(limit: number): QuarantineRow[];
  count(): number;
}

/** A row of the database may have this much. */
const MAX_CONTENT = 1_000_000;

export function createQuarantine(db: Database, clock: Clock): Quarantine {
  return {
    add({ source, name, why, content }) {
      const text = typeof content === "string" ? content.slice(0, MAX_CONTENT) : null;
      const blob: SqlValue = content instanceof ArrayBuffer ? content.slice(0, MAX_CONTENT) : null;
      const known = db.one(
        "SELECT 1 AS found FROM quarantine WHERE source = ? AND name = ? AND content IS ? AND blob IS ?",
        source,
        name,
        text,
        blob,
      );
      if (known) return;
      db.run(
        "INSERT INTO quarantine (id, source, name, why, content, blob, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        createId("q", clock.now()),
        source,
        name.slice(0, 500),
        why.slice(0, 500),
        text,
        blob,
        clock.now(),
      );
    },
    list: (limit) =>
      db.all<QuarantineRow>("SELECT id, source, name, why, content, at FROM quarantine ORDER BY at DESC, id DESC LIMIT ?", limit),
    count: () => db.one<{ n: number }>("SELECT count(*) AS n FROM quarantine")?.n ?? 0,
  };
}
