/**
 * A snapshot brought back into an empty database, which is how it is proved. The tables are made by the very migrations that
 * made the snapshot's, filled from its chunks, read again in order and compared; then the remaining migrations run, so that
 * what comes out fits the present product. Pure but for the database.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/sha256.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { type Migration, migrate } from "../storage/migrations.ts";
import { decodeRows } from "./chunk-code.ts";
import { type Chunk, createChunker } from "./chunker.ts";
import { readTablePage } from "./cut.ts";
import type { TableRef } from "./manifest.ts";
import { type PageSource, valuesOf } from "./staged.ts";
import { listed, quoted, readTable } from "./tables.ts";

export type TableDigest = { rows: number; chunks: string[] };

/** The empty tables as the snapshot knew them. Throws SNAPSHOT_NEWER, SNAPSHOT_DAMAGED. */
function beginScratch(db: Database, migrations: readonly Migration[], schema: readonly string[], clock: Clock): void {
  const known = migrations.slice(0, schema.length).map(({ name }) => name);
  if (schema.length > migrations.length) throw new MoltError("SNAPSHOT_NEWER");
  if (known.some((name, place) => name !== schema[place]))
    throw new MoltError("SNAPSHOT_DAMAGED", { message: "the snapshot is of a database with another history" });
  migrate(db, migrations.slice(0, schema.length), clock);
  // Rows that migrations wrote come from the snapshot too.
  for (const { name } of db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'"))
    if (name !== "schema_migrations" && !/^(sqlite|_cf)_/.test(name)) db.run(`DELETE FROM ${quoted(name)}`);
}

/** One commit. Throws SNAPSHOT_DAMAGED. */
function loadChunk(db: Database, table: Pick<TableRef, "name" | "columns">, bytes: Uint8Array): number {
  const rows = decodeRows(bytes);
  return db.transaction(() => insertRows(db, table.name, table.columns, rows));
}

/** Throws SNAPSHOT_DAMAGED for a table, column or row that does not fit. */
function insertRows(db: Database, table: string, columns: readonly string[], rows: readonly SqlValue[][]): number {
  const known = new Set(readTable(db, table).columns);
  const unknown = columns.find((column) => !known.has(column));
  if (known.size === 0 || unknown !== undefined)
    throw new MoltError("SNAPSHOT_DAMAGED", {
      message: known.size === 0 ? `the snapshot has a table ${table} that its schema lacks` : `${table} has no column ${unknown}`,
    });
  const insert = `INSERT INTO ${quoted(table)} (${listed(columns)}) VALUES (${columns.map(() => "?").join(", ")})`;
  for (const row of rows) {
    if (row.length !== columns.length) throw new MoltError("SNAPSHOT_DAMAGED", { message: `a row of ${table} is cut off` });
    try {
      db.run(insert, ...row);
    } catch (error) {
      throw new MoltError("SNAPSHOT_DAMAGED", { message: `a row of ${table} does not fit its table`, cause: error });
    }
  }
  return rows.length;
}

/** What was loaded, read again in order and cut anew: equal lists mean equal tables. */
async function digestTable(db: Database, name: string, columns: readonly string[]): Promise<TableDigest> {
  const table = { ...readTable(db, name), columns };
  const chunker = createChunker();
  const chunks: string[] = [];
  const take = async (chunk: Chunk | undefined) => {
    if (chunk) chunks.push(await sha256Hex(chunk.bytes));
  };
  let rows = 0;
  for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
    const page = readTablePage(db, table, after, most);
    for (const row of page.rows) {
      const key = table.key.map((column) => row[column] as SqlValue);
      await take(
        chunker.add(
          key,
          columns.map((column) => row[column] as SqlValue),
        ),
      );
    }
    rows += page.rows.length;
    after = page.next;
    most = page.likely;
    more = after !== undefined;
  }
  await take(chunker.end());
  return { rows, chunks };
}

export interface ScratchDatabase {
  begin(schema: readonly string[]): void;
  load(table: Pick<TableRef, "name" | "columns">, bytes: Uint8Array): void;
  digest(table: string, columns: readonly string[]): Promise<TableDigest>;
  finish(): void;
  page: PageSource["page"];
}

export function createScratchDatabase(db: Database, migrations: readonly Migration[], clock: Clock): ScratchDatabase {
  return {
    begin: (schema) => beginScratch(db, migrations, schema, clock),
    load: (table, bytes) => void loadChunk(db, table, bytes),
    digest: (table, columns) => digestTable(db, table, columns),
    finish: () => void migrate(db, migrations, clock),
    async page({ table: name, where }, after, most) {
      const table = readTable(db, name);
      const { rows, next, likely } = readTablePage(db, table, after, most, where);
      return { columns: [...table.columns], rows: rows.map((row) => valuesOf(row, table.columns)), next, likely };
    },
  };
}
