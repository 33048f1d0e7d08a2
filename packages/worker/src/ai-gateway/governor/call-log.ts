/**
 * Rows of calls. They are written in batches, at most a quarter of a second or five hundred calls after they ended; a crash
 * loses no more than that of them, and nothing of any budget. The oldest go first when the settings' limits are reached.
 */

import type { GatewayLogFilter, GatewayLogRow } from "@moltworker/protocol/gateway";
import type { Limits } from "../../config/sections/limits.ts";
import { redactBody } from "../../platform/log.ts";
import type { Database, SqlValue } from "../../storage/database.ts";
import type { CallRecord } from "./call-record.ts";
import { filterSql, type LogTableRow, logRowFrom, tableRowFrom } from "./log-row.ts";

/** A body beyond this is cut. Two of them and their row stay far below what a row may hold. */
const mostBodyCharacters = 400_000;
const dayMs = 86_400_000;
/** Refused calls that get a row of their own between two flushes. */
const mostRefusals = 20;
/** What a row takes besides its texts, roughly. */
const rowBytes = 400;

export interface LogPage {
  rows: GatewayLogRow[];
  /** Pass it as `before` for the next page; null at the end. */
  next: string | null;
}

export interface LogSize {
  rows: number;
  bytes: number;
}

export class CallLog {
  private readonly db: Database;
  private readonly settings: () => Limits["log"];
  private waiting: CallRecord[] = [];
  private refusals = 0;
  private known: LogSize | undefined;

  constructor(db: Database, settings: () => Limits["log"]) {
    this.db = db;
    this.settings = settings;
  }

  add(record: CallRecord): void {
    if (record.outcome?.collectLog === false) return;
    // Whoever knocks without end must not push everybody else's rows out; the sums count each of them.
    if (record.outcome === undefined && ++this.refusals > mostRefusals) return;
    this.waiting.push(record);
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  flush(): void {
    const records = this.waiting;
    if (records.length === 0) return;
    this.waiting = [];
    this.refusals = 0;
    const size = this.size();
    for (const record of records) {
      const bytes = this.write(record);
      size.rows += 1;
      size.bytes += bytes;
    }
    this.makeRoom();
  }

  size(): LogSize {
    this.known ??= this.db.one<LogSize>("SELECT count(*) AS rows, coalesce(sum(size), 0) AS bytes FROM gateway_calls") as LogSize;
    return this.known;
  }

  list(filter: GatewayLogFilter, page: { limit: number; before?: string | undefined }): LogPage {
    const { where, values } = filterSql(filter);
    if (page.before !== undefined) {
      where.push("id < ?");
      values.push(page.before);
    }
    const rows = this.db.all<LogTableRow>(
      `SELECT *, EXISTS (SELECT 1 FROM gateway_bodies b WHERE b.id = gateway_calls.id) AS has_bodies FROM gateway_calls
       ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""} ORDER BY id DESC LIMIT ?`,
      ...values,
      page.limit + 1,
    );
    const shown = rows.slice(0, page.limit).map(logRowFrom);
    return { rows: shown, next: rows.length > page.limit ? (shown.at(-1)?.id ?? null) : null };
  }

  /** By number of page, with how many there are: Cloudflare's way. */
  page(filter: GatewayLogFilter, page: { limit: number; offset: number }): { rows: GatewayLogRow[]; total: number } {
    const { where, values } = filterSql(filter);
    const matching = where.length > 0 ? `WHERE ${where.join(" AND ")}` : "";
    const rows = this.db.all<LogTableRow>(
      `SELECT *, 0 AS has_bodies FROM gateway_calls ${matching} ORDER BY id DESC LIMIT ? OFFSET ?`,
      ...values,
      page.limit,
      page.offset,
    );
    const total = this.db.one<{ n: number }>(`SELECT count(*) AS n FROM gateway_calls ${matching}`, ...values)?.n ?? 0;
    return { rows: rows.map(logRowFrom), total };
  }

  get(id: string): GatewayLogRow | undefined {
    const row = this.db.one<LogTableRow>(
      "SELECT *, EXISTS (SELECT 1 FROM gateway_bodies b WHERE b.id = gateway_calls.id) AS has_bodies FROM gateway_calls WHERE id = ?",
      id,
    );
    return row && logRowFrom(row);
  }

  bodies(id: string): { request: string | null; response: string | null } | undefined {
    return this.db.one("SELECT request, response FROM gateway_bodies WHERE id = ?", id);
  }

  /** False when there is no such row. */
  setFeedback(
    id: string,
    change: { feedback?: -1 | 1 | null; score?: number | null; metadata?: Record<string, unknown> },
  ): boolean {
    const row = this.db.one<{ metadata: string }>("SELECT metadata FROM gateway_calls WHERE id = ?", id);
    if (!row) return false;
    const set: string[] = [];
    const values: SqlValue[] = [];
    const put = (column: string, value: SqlValue) => {
      set.push(`${column} = ?`);
      values.push(value);
    };
    if (change.feedback !== undefined) put("feedback", change.feedback);
    if (change.score !== undefined) put("score", change.score);
    if (change.metadata !== undefined) put("metadata", JSON.stringify({ ...JSON.parse(row.metadata), ...change.metadata }));
    if (set.length > 0) this.db.run(`UPDATE gateway_calls SET ${set.join(", ")} WHERE id = ?`, ...values, id);
    return true;
  }

  clear(): number {
    const { rows } = this.size();
    this.db.run("DELETE FROM gateway_bodies");
    this.db.run("DELETE FROM gateway_calls");
    this.known = undefined;
    return rows;
  }

  /** Deletes what is too old; and the oldest while there are too many. */
  prune(now: number): void {
    this.deleteBefore("at < ?", now - this.settings().keepDays * dayMs);
    this.makeRoom();
  }

  private makeRoom(): void {
    const { maxRows, maxMegabytes } = this.settings();
    const maxBytes = maxMegabytes * 1_048_576;
    let size = this.size();
    while (size.rows > maxRows || (size.bytes > maxBytes && size.rows > 1)) {
      // A twentieth at a time, so that this happens rarely.
      const count = Math.max(1, size.rows - maxRows, Math.floor(size.rows / 20));
      this.deleteBefore("id <= (SELECT id FROM gateway_calls ORDER BY id LIMIT 1 OFFSET ?)", count - 1);
      size = this.size();
    }
  }

  private deleteBefore(condition: string, value: number): void {
    this.db.run(`DELETE FROM gateway_bodies WHERE id IN (SELECT id FROM gateway_calls WHERE ${condition})`, value);
    if (this.db.run(`DELETE FROM gateway_calls WHERE ${condition}`, value) > 0) this.known = undefined;
  }

  private write(record: CallRecord): number {
    const { call, outcome } = record;
    const bodies = this.settings().bodies && outcome?.collectPayload !== false ? bodiesOf(outcome) : undefined;
    const metadata = JSON.stringify(call.metadata);
    const attempts = JSON.stringify(record.attempts.map(({ usage: _counted, ...attempt }) => attempt));
    const size = rowBytes + metadata.length + attempts.length + (bodies?.request?.length ?? 0) + (bodies?.response?.length ?? 0);
    const row = tableRowFrom(record, { attempts, metadata, size });
    this.db.run((insertRow ??= insertSql(Object.keys(row))), ...Object.values(row));
    if (bodies)
      this.db.run(
        "INSERT OR IGNORE INTO gateway_bodies (id, request, response) VALUES (?, ?, ?)",
        call.callId,
        bodies.request ?? null,
        bodies.response ?? null,
      );
    return size;
  }
}

/** One text for all rows, so that the platform knows the statement by it. */
let insertRow: string | undefined;
const insertSql = (names: string[]): string =>
  `INSERT OR IGNORE INTO gateway_calls (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;

function bodiesOf(outcome: CallRecord["outcome"]): { request: string | undefined; response: string | undefined } | undefined {
  if (outcome?.requestBody === undefined && outcome?.responseBody === undefined) return undefined;
  const keep = (text: string | undefined) => (text === undefined ? undefined : redactBody(text.slice(0, mostBodyCharacters)));
  return { request: keep(outcome.requestBody), response: keep(outcome.responseBody) };
}
