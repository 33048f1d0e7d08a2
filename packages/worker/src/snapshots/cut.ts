/**
 * One point in time of the whole database, read over many turns of the event loop. Opening a cut gives each table a twin
 * and triggers; while the cut is open, whatever changes a row first puts the row as it was into the twin (or a mark that
 * it was not there). The row as of the cut is the twin's where it has one, else the table's own. Writers never wait.
 */

import type { Database, SqlValue } from "../storage/database.ts";
import { keyPlacesOf, listed, quoted, readTables, type Table } from "./tables.ts";

export interface CutTable extends Table {
  /** Rows at the cut. */
  rows: number;
}

const twinOf = (table: string) => `cut_${table}`;
/** A twin's extra column: 1 means that the row did not exist at the cut. */
const ABSENT = "cut_absent";

/** Opens the cut: from now on every table that is saved can be read as it is at this moment. One commit. */
export function openCut(db: Database, wanted: (table: Table) => boolean = () => true): CutTable[] {
  return db.transaction(() => {
    dropCut(db);
    return readTables(db)
      .filter(wanted)
      .map((table) => {
        const rows = db.one<{ n: number }>(`SELECT count(*) AS n FROM ${quoted(table.name)}`)?.n ?? 0;
        const twin = quoted(twinOf(table.name));
        db.run(
          `CREATE TABLE ${twin} AS SELECT *, 0 AS ${ABSENT} FROM ${quoted(table.name)} WHERE ${table.key.length > 0 ? 0 : 1}`,
        );
        if (table.key.length > 0) {
          db.run(`CREATE UNIQUE INDEX ${quoted(`${twinOf(table.name)}_key`)} ON ${twin} (${listed(table.key)})`);
          for (const trigger of triggersOf(table)) db.run(trigger);
        }
        return { ...table, rows };
      });
  });
}

/** Ends the cut, or what a killed life left of one. */
export function closeCut(db: Database): void {
  db.transaction(() => dropCut(db));
}

function dropCut(db: Database): void {
  const left = db.all<{ type: string; name: string }>(
    "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'table') AND name LIKE 'cut\\_%' ESCAPE '\\'",
  );
  for (const { name } of left.filter(({ type }) => type === "trigger")) db.run(`DROP TRIGGER ${quoted(name)}`);
  for (const { name } of left.filter(({ type }) => type === "table")) db.run(`DROP TABLE ${quoted(name)}`);
}

function triggersOf(table: Table): string[] {
  const { name, key } = table;
  const [own, twin] = [quoted(name), quoted(twinOf(name))];
  const same = (columns: readonly string[], left: string, right: string) =>
    columns.map((column) => `${left}.${quoted(column)} = ${right}.${quoted(column)}`).join(" AND ");
  const known = (side: string) => `EXISTS (SELECT 1 FROM ${twin} t WHERE ${same(key, "t", side)})`;
  /** Never `OR IGNORE`: the outer statement's conflict rule would replace it, and with `OR REPLACE` overwrite what was kept. */
  const keep = (matches: string) => `INSERT INTO ${twin} SELECT o.*, 0 FROM ${own} o WHERE (${matches}) AND NOT ${known("o")};`;
  const markAbsent = `INSERT INTO ${twin} (${listed(key)}, ${ABSENT}) SELECT ${listed(key, "NEW.")}, 1 WHERE NOT ${known("NEW")};`;
  // What an `OR REPLACE` may remove: no delete trigger fires for it.
  const replaced = [key, ...table.uniques].map((columns) => keep(same(columns, "o", "NEW"))).join(" ");
  const named = (what: string) => quoted(`cut_${what}_${name}`);
  return [
    `CREATE TRIGGER ${named("bi")} BEFORE INSERT ON ${own} BEGIN ${replaced} END`,
    `CREATE TRIGGER ${named("ai")} AFTER INSERT ON ${own} BEGIN ${markAbsent} END`,
    `CREATE TRIGGER ${named("bu")} BEFORE UPDATE ON ${own} BEGIN ${keep(same(key, "o", "OLD"))} ${replaced} END`,
    `CREATE TRIGGER ${named("au")} AFTER UPDATE ON ${own} BEGIN ${markAbsent} END`,
    `CREATE TRIGGER ${named("bd")} BEFORE DELETE ON ${own} BEGIN ${keep(same(key, "o", "OLD"))} END`,
  ];
}

export interface Page {
  /** Values in the order of the table's columns. */
  rows: SqlValue[][];
  /** Key of the last row, to go on after; undefined when the table has ended. */
  next: SqlValue[] | undefined;
  /** How many rows of this size make a page. */
  likely: number;
}

/** The first page is short: nobody knows yet how large the rows are. */
const pageBytes = 1_048_576;
const firstPage = 64;
const [fewestRows, mostRows] = [4, 2_000];

/** The next rows of a table as of the open cut, in the order of its key. */
export function readCutPage(db: Database, table: Table, after: SqlValue[] | undefined, most = firstPage): Page {
  const [own, twin] = [quoted(table.name), quoted(twinOf(table.name))];
  if (table.key.length === 0) return readWhole(db, table, twin);
  const matching = table.key.map((column) => `t.${quoted(column)} = o.${quoted(column)}`).join(" AND ");
  const columns = listed(table.columns);
  const query = (from: string, where: string) => `SELECT ${columns} FROM ${from} WHERE ${where}${beyond(table, after)}`;
  return readPage(
    db,
    `${query(`${own} o`, `NOT EXISTS (SELECT 1 FROM ${twin} t WHERE ${matching})`)}
     UNION ALL ${query(twin, `${ABSENT} = 0`)} ORDER BY ${listed(table.key)} LIMIT ${most}`,
    [...(after ?? []), ...(after ?? [])],
    table,
    most,
  );
}

/** The next rows of a table as it is now; `where`: only those with this value. */
export function readTablePage(
  db: Database,
  table: Table,
  after: SqlValue[] | undefined,
  most = firstPage,
  where?: { column: string; value: SqlValue },
): Page {
  if (table.key.length === 0) return readWhole(db, table, quoted(table.name));
  const only = where ? `${quoted(where.column)} = ?` : "1";
  const query = `SELECT ${listed(table.columns)} FROM ${quoted(table.name)} WHERE ${only}${beyond(table, after)} ORDER BY ${listed(table.key)} LIMIT ${most}`;
  return readPage(db, query, [...(where ? [where.value] : []), ...(after ?? [])], table, most);
}

function readWhole(db: Database, table: Table, from: string): Page {
  return {
    rows: [...db.values(`SELECT ${listed(table.columns)} FROM ${from} ORDER BY ${listed(table.columns)}`)],
    next: undefined,
    likely: firstPage,
  };
}

function beyond(table: Table, after: SqlValue[] | undefined): string {
  return after ? ` AND (${listed(table.key)}) > (${table.key.map(() => "?").join(", ")})` : "";
}

/**
 * Every row of the query is stepped over, also those beyond the page's bytes: a statement that is left half way holds its
 * tables, and then the cut cannot be closed.
 */
function readPage(db: Database, query: string, bindings: SqlValue[], table: Table, most: number): Page {
  const rows: SqlValue[][] = [];
  let [seen, seenBytes, bytes] = [0, 0, 0];
  for (const row of db.values(query, ...bindings)) {
    const size = sizeOf(row);
    seen += 1;
    seenBytes += size;
    if (bytes >= pageBytes) continue;
    rows.push(row);
    bytes += size;
  }
  const last = rows.at(-1);
  const more = last !== undefined && (rows.length < seen || seen === most);
  const likely = Math.min(mostRows, Math.max(fewestRows, Math.floor((pageBytes * seen) / Math.max(1, seenBytes))));
  return { rows, next: more ? keyPlacesOf(table).map((place) => last[place] as SqlValue) : undefined, likely };
}

/** About what a row takes. */
function sizeOf(row: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of row)
    bytes += typeof value === "string" ? value.length : value instanceof ArrayBuffer ? value.byteLength : 8;
  return bytes;
}
