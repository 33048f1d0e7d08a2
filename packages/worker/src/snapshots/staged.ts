/**
 * The way back. Rows come page by page from the scratch, which holds the proved snapshot at the present schema, into staged
 * tables; then one commit puts them in the place of what is there. A kill before it changes nothing, after it everything is
 * done. What was going on when the snapshot was made is ended, not resumed: its effects may have happened since.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { RestoreItem } from "@moltworker/protocol/snapshots";
import { giveWay } from "../platform/turn.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { insertRows } from "./insert-rows.ts";
import { policyOf } from "./table-policy.ts";
import { listed, quoted, readTable, readTables, type Table } from "./tables.ts";

/** Rows of one table, or those with this value in this column. */
export interface Portion {
  table: string;
  where?: { column: string; value: string };
}

/** Where staged rows come from. */
export interface PageSource {
  page(
    portion: Portion,
    after: SqlValue[] | undefined,
    most?: number,
  ): Promise<{ columns: string[]; rows: SqlValue[][]; next: SqlValue[] | undefined; likely: number }>;
}

/** What a restore replaces. `present`: the tables of the snapshot. */
export function planRestore(
  db: Database,
  present: ReadonlySet<string>,
  items: readonly RestoreItem[] | undefined,
  everything: boolean,
): Portion[] {
  const tables = readTables(db).filter((table) => (everything ? true : table.policy === "truth"));
  // A table that the snapshot is too old to have stays as it is, unless the whole is replaced.
  if (!items)
    return tables.filter(({ name }) => present.has(name) || !isKeptBack(name, everything)).map(({ name }) => ({ table: name }));
  // What is asked for twice comes back once.
  const asked = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...asked.values()].flatMap((item) => {
    if (item.kind === "config") return ["config", "config_history", "config_seeds"].map((table) => ({ table }));
    if (item.kind === "session") return sessionPortions(tables, item.name);
    return [];
  });
}

/** Secrets that an unencrypted snapshot does not hold are not emptied by it. */
const isKeptBack = (table: string, everything: boolean) => everything && policyOf(table) !== "truth";

/** A conversation is every row that names it, in whatever table. */
function sessionPortions(tables: readonly Table[], key: string): Portion[] {
  return tables.flatMap(({ name, columns }): Portion[] => {
    if (name === "sessions") return [{ table: name, where: { column: "key", value: key } }];
    return columns.includes("session_key") ? [{ table: name, where: { column: "session_key", value: key } }] : [];
  });
}

export const stagedName = (table: string) => `staged_${table}`;

/** An empty table like the assistant's own, with its constraints; indexes and triggers follow when it takes the other's place. */
export function createStaged(db: Database, table: string): void {
  const sql = db.one<{ sql: string }>("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table)?.sql ?? "";
  const columns = sql.indexOf("(");
  if (columns < 0) throw new MoltError("STORAGE_CORRUPT", { message: `the table ${table} is not there` });
  db.run(`CREATE TABLE IF NOT EXISTS ${quoted(stagedName(table))} ${sql.slice(columns)}`);
}

/** Throws what the source throws, or the signal's reason; the assistant's own tables are not touched. */
export async function stage(
  db: Database,
  source: PageSource,
  portions: readonly Portion[],
  report: (rows: number) => void,
  signal: AbortSignal,
): Promise<void> {
  dropStaged(db);
  for (const portion of portions) {
    const staged = stagedName(portion.table);
    const known = new Set(readTable(db, portion.table).columns);
    createStaged(db, portion.table);
    for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
      signal.throwIfAborted();
      const page = await source.page(portion, after, most);
      const places = page.columns.map((column, place) => ({ column, place })).filter(({ column }) => known.has(column));
      const rows = page.rows.map((row) => places.map(({ place }) => row[place] as SqlValue));
      const columns = places.map(({ column }) => column);
      db.transaction(() => insertRows(db, staged, columns, rows));
      report(page.rows.length);
      await giveWay();
      after = page.next;
      most = page.likely;
      more = after !== undefined;
    }
  }
}

/** Puts the staged rows in place. To be called inside the transaction that also says that it was done. */
export function swapIn(db: Database, portions: readonly Portion[], now: number): void {
  for (const table of new Set(portions.map((portion) => portion.table))) {
    const parts = portions.filter((portion) => portion.table === table).flatMap(({ where }) => where ?? []);
    if (parts.length === 0) replaceTable(db, table);
    else replaceRows(db, table, parts);
  }
  settle(db, now);
  // The container that runs holds the home of the present: the next start brings the one that was restored.
  if (portions.some(({ table }) => table === "hosted_state"))
    db.run("UPDATE hosted_state SET row = json_set(row, '$.generation', 0)");
  dropStaged(db);
}

/** The staged table takes the name, and then the indexes and triggers, of the other: no row is copied. */
function replaceTable(db: Database, table: string): void {
  const beside = db.all<{ sql: string }>(
    "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid",
    table,
  );
  db.run(`DROP TABLE ${quoted(table)}`);
  db.run(`ALTER TABLE ${quoted(stagedName(table))} RENAME TO ${quoted(table)}`);
  for (const { sql } of beside) db.run(sql);
}

function replaceRows(db: Database, table: string, parts: readonly { column: string; value: string }[]): void {
  for (const { column, value } of parts) db.run(`DELETE FROM ${quoted(table)} WHERE ${quoted(column)} = ?`, value);
  const columns = listed(readTable(db, table).columns);
  db.run(`INSERT OR REPLACE INTO ${quoted(table)} (${columns}) SELECT ${columns} FROM ${quoted(stagedName(table))}`);
}

export function dropStaged(db: Database): void {
  const staged = db.all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'staged\\_%' ESCAPE '\\'",
  );
  for (const { name } of staged) db.run(`DROP TABLE ${quoted(name)}`);
}

/** Work that was going on at the snapshot's moment has ended one way or another since; nothing of it may happen twice. */
const settlements: readonly (readonly [table: string, statement: string])[] = [
  [
    "runs",
    "UPDATE runs SET state = 'aborted', stop_reason = 'restored', ended_at = ? WHERE state IN ('queued', 'running', 'waiting')",
  ],
  ["run_steps", "UPDATE run_steps SET state = 'interrupted', ended_at = ? WHERE state = 'started'"],
  ["tool_calls", "UPDATE tool_calls SET state = 'unknown', ended_at = ? WHERE state = 'started'"],
  ["tool_calls", "UPDATE tool_calls SET state = 'cancelled', ended_at = ? WHERE state = 'proposed'"],
  ["approvals", "UPDATE approvals SET state = 'expired', decided_at = ? WHERE state = 'pending'"],
  ["inbox", "UPDATE inbox SET state = 'dropped', taken_at = ? WHERE state = 'waiting'"],
  ["outbox", "UPDATE outbox SET state = 'unknown', updated_at = ? WHERE state IN ('prepared', 'attempted')"],
];

function settle(db: Database, now: number): void {
  for (const [table, statement] of settlements)
    if (db.one("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ?", table)) db.run(statement, now);
  // Rows have new numbers: what was known of them by number is not.
  db.run("DELETE FROM marks WHERE name = 'sweep'");
}
