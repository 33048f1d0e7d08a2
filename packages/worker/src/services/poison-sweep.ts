/**
 * Rows whose JSON cannot be read would throw wherever they are met. Before anything reads them they go into quarantine, whole
 * and by their key, and out of the way: one bad row costs itself and nothing else.
 */

import type { Database, SqlValue } from "../storage/database.ts";
import type { Quarantine } from "../storage/quarantine.ts";

interface Suspect {
  table: string;
  /** Its own name, for a person. */
  key: string;
  /** Columns of JSON; NULL is allowed. */
  json: readonly string[];
  /** Only these rows are read before a person asks; absent: all of them are. */
  where?: string;
  /** Instead of leaving: the row keeps its place and says that its content is lost. */
  blank?: Readonly<Record<string, string>>;
}

const suspects: readonly Suspect[] = [
  { table: "runs", key: "id", json: ["principal", "error", "options"] },
  { table: "inbox", key: "id", json: ["body"] },
  { table: "tool_calls", key: "id", json: ["args"] },
  { table: "approvals", key: "id", json: ["request"] },
  { table: "auth_pairings", key: "id", json: ["facts"] },
  { table: "auth_access_keys", key: "url", json: ["jwks"] },
  { table: "auth_api_tokens", key: "id", json: ["limits"] },
  { table: "snapshot_jobs", key: "id", json: ["detail"] },
  { table: "events", key: "cursor", json: ["payload"] },
  { table: "messages", key: "id", json: ["body"] },
];

/** Returns how many rows were taken away, by table. One commit; tables and columns that are not there are passed over. */
export function sweepPoison(db: Database, quarantine: Quarantine): Record<string, number> {
  const taken: Record<string, number> = {};
  for (const { table, key, json } of suspects) {
    const columns = new Set(db.all<{ name: string }>("SELECT name FROM pragma_table_info(?)", table).map(({ name }) => name));
    const readable = json.filter((column) => columns.has(column));
    if (readable.length === 0) continue;
    // json_valid(NULL) is NULL, which is no finding.
    const where = readable.map((column) => `json_valid(${column}) = 0`).join(" OR ");
    const found = db.all<Record<string, SqlValue>>(`SELECT * FROM ${table} WHERE ${where} LIMIT 10000`);
    if (found.length === 0) continue;
    db.transaction(() => {
      for (const row of found) {
        const name = String(row[key]);
        quarantine.add({ source: table, name, why: "its JSON cannot be read", content: JSON.stringify(row) });
        db.run(`DELETE FROM ${table} WHERE ${key} = ?`, row[key] as SqlValue);
      }
    });
    taken[table] = found.length;
  }
  return taken;
}
