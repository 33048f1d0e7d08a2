/** Many rows into one table. Rows share statements, as many as their values' places allow: a call costs more than a row does. */

import type { Database, SqlValue } from "../storage/database.ts";
import { listed, quoted } from "./tables.ts";

/** Cloudflare binds no more values than this to one statement. */
const mostBindings = 100;

/** To be called in a transaction. Each row has a value for each column. Throws what SQLite throws. */
export function insertRows(db: Database, table: string, columns: readonly string[], rows: readonly SqlValue[][]): void {
  const begin = `INSERT INTO ${quoted(table)} (${listed(columns)}) VALUES `;
  const places = `(${columns.map(() => "?").join(", ")})`;
  const together = Math.max(1, Math.floor(mostBindings / columns.length));
  const whole = begin + Array(together).fill(places).join(", ");
  for (let at = 0; at < rows.length; at += together) {
    const some = rows.slice(at, at + together);
    db.run(some.length === together ? whole : begin + some.map(() => places).join(", "), ...some.flat());
  }
}
