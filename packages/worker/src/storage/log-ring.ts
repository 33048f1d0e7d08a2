/**
 * The last lines of the log as rows, on every host alike: what the Worker says, and what its supervisor adds. Ids rise and
 * are never used again, so a reader knows what it missed. Lines come redacted; losing one stops nothing.
 */

import type { LogRow } from "@moltworker/protocol/rows";
import type { Database } from "./database.ts";
import type { Migration } from "./migrations.ts";

export const logRingMigration: Migration = {
  name: "0040-log-lines",
  statements: [
    `CREATE TABLE log_lines (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, level INTEGER NOT NULL, event TEXT NOT NULL, line TEXT NOT NULL)`,
  ],
};

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogRingLevel = (typeof logLevels)[number];

export interface LogPage {
  limit: number;
  /** Older than this id. */
  before?: number | undefined;
  /** Newer than this id. */
  after?: number | undefined;
  /** This level and above. */
  level?: LogRingLevel | undefined;
  /** How the event's name begins. */
  event?: string | undefined;
  /** In any of its words, whatever their case. */
  search?: string | undefined;
}

export interface LogRing {
  /** A JSON line with `ts`, `level` and `event`. Never throws. */
  append(line: string): void;
  /** Oldest first; with `after` the next ones, otherwise the newest. */
  list(page: LogPage): LogRow[];
  /** Raw lines after a cursor, oldest first, within a number of bytes. */
  tail(options: { cursor?: number | undefined; limit: number; maxBytes: number }): {
    lines: string[];
    cursor: number;
    size: number;
    truncated: boolean;
    reset: boolean;
  };
}

const keptLines = 5_000;
const pruneEvery = 250;
const longestLine = 20_000;

interface Row {
  id: number;
  at: number;
  level: number;
  event: string;
  line: string;
}

/** `onLine` hears each kept line. */
export function createLogRing(db: Database, onLine: (row: LogRow) => void): LogRing {
  const newest = () => db.one<{ id: number | null }>("SELECT MAX(id) AS id FROM log_lines")?.id ?? 0;
  const oldest = () => db.one<{ id: number | null }>("SELECT MIN(id) AS id FROM log_lines")?.id ?? 0;

  function append(line: string): void {
    try {
      const parsed = JSON.parse(line) as { ts: string; level: LogRingLevel; event: string };
      const level = logLevels.indexOf(parsed.level);
      // What is said at every turn would push out what matters.
      if (level < 1) return;
      const kept = line.length > longestLine ? shortened(parsed, line) : line;
      const at = Date.parse(parsed.ts);
      const event = String(parsed.event).slice(0, 200);
      db.run("INSERT INTO log_lines (at, level, event, line) VALUES (?, ?, ?, ?)", at, level, event, kept);
      const id = newest();
      if (id % pruneEvery === 0) db.run("DELETE FROM log_lines WHERE id <= ?", id - keptLines);
      onLine(rowOf({ id, at, level, event, line: kept }));
    } catch {
      // A full disk must not turn one fault into two.
    }
  }

  return {
    append,
    list({ limit, before, after, level, event = "", search = "" }) {
      const rows = db.all<Row>(
        `SELECT id, at, level, event, line FROM log_lines
         WHERE id < ? AND id > ? AND level >= ? AND substr(event, 1, length(?)) = ? AND (? = '' OR instr(lower(line), ?) > 0)
         ORDER BY id ${after === undefined ? "DESC" : "ASC"} LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        after ?? 0,
        level ? logLevels.indexOf(level) : 0,
        event,
        event,
        search.trim().toLowerCase(),
        search.trim().toLowerCase(),
        limit,
      );
      return (after === undefined ? rows.reverse() : rows).map(rowOf);
    },
    tail({ cursor, limit, maxBytes }) {
      const size = newest();
      const reset = cursor !== undefined && (cursor > size || cursor < oldest() - 1);
      const fresh = cursor === undefined || reset;
      const rows = fresh
        ? db.all<Row>("SELECT id, line FROM log_lines ORDER BY id DESC LIMIT ?", limit)
        : db.all<Row>("SELECT id, line FROM log_lines WHERE id > ? ORDER BY id DESC LIMIT ?", cursor, limit);
      const lines: string[] = [];
      let bytes = 0;
      for (const row of rows) {
        bytes += row.line.length + 1;
        if (bytes > maxBytes && lines.length > 0) break;
        lines.unshift(row.line);
      }
      const first = rows[lines.length - 1]?.id ?? size;
      const from = fresh ? oldest() - 1 : cursor;
      return { lines, cursor: size, size, truncated: lines.length > 0 && first - 1 > from, reset };
    },
  };
}

function rowOf({ id, at, level, event, line }: Row): LogRow {
  const { ts: _ts, level: _level, event: _event, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return { id, at, level: logLevels[level] ?? "info", event, ...(typeof message === "string" ? { message } : {}), fields };
}

function shortened(parsed: { ts: string; level: string; event: string }, line: string): string {
  const { ts, level, event } = parsed;
  return JSON.stringify({ ts, level, event, message: line.slice(0, longestLine / 2), cut: true });
}
