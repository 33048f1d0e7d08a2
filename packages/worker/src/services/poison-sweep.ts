/**
 * Rows whose JSON cannot be read would throw wherever they are met. Before anything reads them they go into quarantine, whole
 * and by their key, and out of the way: one bad row costs itself and nothing else. What was looked at once is not looked at
 * at every wake, for a long life has many rows.
 */

import { hexFromBytes } from "../platform/sha256.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import type { Marks } from "../storage/marks.ts";
import type { Quarantine } from "../storage/quarantine.ts";

interface Suspect {
  table: string;
  /** Columns of its own name, for a person. */
  key: readonly string[];
  /** Columns of JSON; NULL is allowed. */
  json: readonly string[];
}

/** Row numbers by table up to which all rows are known to be readable. */
export type Swept = Readonly<Record<string, number>>;

/**
 * Not among them: rows whose reader takes rubbish for nothing by itself (settings, marks, quarantine), and those that only
 * spoil their own answer and whose key must stay, so that nothing runs twice (`hook_deliveries`, `http_requests`).
 */
const suspects: readonly Suspect[] = [
  { table: "runs", key: ["id"], json: ["principal", "error", "options"] },
  { table: "inbox", key: ["id"], json: ["body"] },
  { table: "tool_calls", key: ["id"], json: ["args"] },
  { table: "approvals", key: ["id"], json: ["request"] },
  { table: "auth_pairings", key: ["id"], json: ["facts"] },
  { table: "auth_access_keys", key: ["url"], json: ["jwks"] },
  { table: "auth_api_tokens", key: ["id"], json: ["limits"] },
  { table: "snapshot_jobs", key: ["id"], json: ["detail"] },
  { table: "events", key: ["cursor"], json: ["payload"] },
  { table: "messages", key: ["id"], json: ["body"] },
  // The row of an account is made again: it proves itself once more, and what is delivered twice is taken once.
  { table: "channel_accounts", key: ["channel", "account"], json: ["identity"] },
  { table: "channel_messages", key: ["id"], json: ["event"] },
  { table: "channel_buttons", key: ["token"], json: ["action"] },
  { table: "outbox", key: ["id"], json: ["place", "body"] },
  { table: "hosted_state", key: ["id"], json: ["row"] },
  { table: "gateway_calls", key: ["id"], json: ["attempts", "metadata"] },
  { table: "gateway_hours", key: ["kind", "key", "hour"], json: ["waits", "first"] },
  { table: "gateway_cache", key: ["key"], json: ["head"] },
  { table: "import_source", key: ["id"], json: ["left_out"] },
  { table: "log_lines", key: ["id"], json: ["line"] },
];

const sweepMark = "sweep";
/** The row's number, which a table without a key of its own calls by its name. */
const place = "sweep_place";
const dayMs = 86_400_000;
/** Objects that this life of the program has swept whole. */
const sweptHere = new Set<string>();

/**
 * What a wake sweeps: everything when the program has just started on a machine where others can reach the file, and at least
 * once a day; else only the rows that came since. Returns how many rows were taken away, by table.
 */
export function sweepAtWake(
  deps: { db: Database; quarantine: Quarantine; marks: Marks; now: number },
  object: { id: string; isFileReachable: boolean },
): Record<string, number> {
  const { db, quarantine, marks, now } = deps;
  const stored = marks.get(sweepMark);
  const last = parsed(stored);
  const isFirst = object.isFileReachable && !sweptHere.has(object.id);
  const isWhole = isFirst || last === undefined || now - last.wholeAt > dayMs || now < last.wholeAt;
  const { taken, swept } = sweepPoison(db, quarantine, isWhole ? {} : last.swept);
  sweptHere.add(object.id);
  const next = JSON.stringify({ wholeAt: isWhole ? now : last.wholeAt, swept });
  if (next !== stored) marks.set(sweepMark, next);
  return taken;
}

function parsed(text: string | undefined): { wholeAt: number; swept: Swept } | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as { wholeAt: number; swept: Swept });
  } catch {
    return undefined;
  }
}

/** Tables and columns that are not there are passed over. A commit for each table that has a finding. */
export function sweepPoison(
  db: Database,
  quarantine: Quarantine,
  from: Swept = {},
): { taken: Record<string, number>; swept: Record<string, number> } {
  const taken: Record<string, number> = {};
  const swept: Record<string, number> = {};
  for (const { table, key, json } of suspects) {
    const columns = new Set(db.all<{ name: string }>("SELECT name FROM pragma_table_info(?)", table).map(({ name }) => name));
    const readable = json.filter((column) => columns.has(column));
    if (readable.length === 0) continue;
    swept[table] = db.one<{ last: number | null }>(`SELECT max(rowid) AS last FROM ${table}`)?.last ?? 0;
    // json_valid(NULL) is NULL, which is no finding.
    const bad = readable.map((column) => `json_valid(${column}) = 0`).join(" OR ");
    // A table that was emptied begins to count anew.
    const after = Math.min(from[table] ?? 0, swept[table]);
    const found = db.all<Record<string, SqlValue>>(
      `SELECT rowid AS ${place}, * FROM ${table} WHERE rowid > ? AND (${bad}) LIMIT 10000`,
      after,
    );
    if (found.length === 0) continue;
    db.transaction(() => {
      for (const { [place]: at, ...row } of found) {
        const name = key.map((column) => String(row[column])).join(" ");
        quarantine.add({ source: table, name, why: "its JSON cannot be read", content: textOf(row) });
        db.run(`DELETE FROM ${table} WHERE rowid = ?`, at as SqlValue);
      }
    });
    taken[table] = found.length;
  }
  return { taken, swept };
}

/** A row as text; bytes where text was expected stand in hexadecimal. */
const textOf = (row: Record<string, SqlValue>) =>
  JSON.stringify(row, (_, value: unknown) => (value instanceof ArrayBuffer ? hexFromBytes(new Uint8Array(value)) : value));
