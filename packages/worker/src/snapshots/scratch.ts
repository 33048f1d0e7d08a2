/**
 * A snapshot brought back into an empty database, which is how it is proved. The tables are made by the very migrations that
 * made the snapshot's, filled from its chunks, read again in order and compared; then the remaining migrations run, so that
 * what comes out fits the present product. Pure but for the database.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/sha256.ts";
import { giveWay } from "../platform/turn.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { type Migration, migrate } from "../storage/migrations.ts";
import { decodeRows } from "./chunk-code.ts";
import { type Chunk, createChunker } from "./chunker.ts";
import { readTablePage } from "./cut.ts";
import { insertRows } from "./insert-rows.ts";
import type { TableRef } from "./manifest.ts";
import type { PageSource } from "./staged.ts";
import { isInternal } from "./table-policy.ts";
import { keyPlacesOf, quoted, readTable } from "./tables.ts";

/** Of about a megabyte each. */
const pagesATurn = 4;

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
    if (name !== "schema_migrations" && !isInternal(name)) db.run(`DELETE FROM ${quoted(name)}`);
}

/** Rows of one table as they lie in its chunks. */
export interface Load {
  table: Pick<TableRef, "name" | "columns">;
  chunks: readonly Uint8Array[];
}

/** One commit. Throws SNAPSHOT_DAMAGED for a table, column or row that does not fit. */
export function loadChunks(db: Database, loads: readonly Load[]): void {
  db.transaction(() => {
    for (const { table, chunks } of loads) {
      const known = new Set(readTable(db, table.name).columns);
      const unknown = table.columns.find((column) => !known.has(column));
      if (known.size === 0 || unknown !== undefined)
        throw new MoltError("SNAPSHOT_DAMAGED", {
          message:
            known.size === 0
              ? `the snapshot has a table ${table.name} that its schema lacks`
              : `${table.name} has no column ${unknown}`,
        });
      for (const bytes of chunks) loadRows(db, table, decodeRows(bytes));
    }
  });
}

function loadRows(db: Database, { name, columns }: Load["table"], rows: readonly SqlValue[][]): void {
  if (rows.some((row) => !Array.isArray(row) || row.length !== columns.length))
    throw new MoltError("SNAPSHOT_DAMAGED", { message: `a row of ${name} is cut off` });
  try {
    insertRows(db, name, columns, rows);
  } catch (error) {
    throw new MoltError("SNAPSHOT_DAMAGED", { message: `a row of ${name} does not fit its table`, cause: error });
  }
}

/** What was loaded, read again in order and cut anew: equal lists mean equal tables. */
export async function digestTable(db: Database, name: string, columns: readonly string[]): Promise<TableDigest> {
  const table = { ...readTable(db, name), columns };
  const keyPlaces = keyPlacesOf(table);
  const keyIn = (row: readonly SqlValue[]) => keyPlaces.map((place) => row[place] as SqlValue);
  const chunker = createChunker();
  const chunks: string[] = [];
  const take = async (chunk: Chunk | undefined) => {
    if (chunk) chunks.push(await sha256Hex(chunk.bytes));
  };
  let [rows, pages] = [0, 0];
  for (let after: SqlValue[] | undefined, most: number | undefined, more = true; more; ) {
    if (++pages % pagesATurn === 0) await giveWay();
    const page = readTablePage(db, table, after, most);
    for (const row of page.rows) {
      const chunk = chunker.add(keyIn(row), row);
      if (chunk) await take(chunk);
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
  load(loads: readonly Load[]): void;
  digest(table: string, columns: readonly string[]): Promise<TableDigest>;
  finish(): void;
  page: PageSource["page"];
}

export function createScratchDatabase(db: Database, migrations: readonly Migration[], clock: Clock): ScratchDatabase {
  return {
    begin: (schema) => beginScratch(db, migrations, schema, clock),
    load: (loads) => loadChunks(db, loads),
    digest: (table, columns) => digestTable(db, table, columns),
    finish: () => void migrate(db, migrations, clock),
    async page({ table: name, where }, after, most) {
      const table = readTable(db, name);
      const { rows, next, likely } = readTablePage(db, table, after, most, where);
      return { columns: [...table.columns], rows, next, likely };
    },
  };
}
