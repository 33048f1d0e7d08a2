/** The tables of a database as SQLite itself describes them, so that a new table is saved without a line written for it. */

import type { Database } from "../storage/database.ts";
import { policyOf, type TablePolicy } from "./table-policy.ts";

export interface Table {
  name: string;
  policy: TablePolicy;
  columns: readonly string[];
  /** Columns of the primary key, in its order. Empty: the table has none and is small. */
  key: readonly string[];
  /** Columns of every other unique rule; `INSERT OR REPLACE` may remove rows by them. */
  uniques: readonly (readonly string[])[];
}

/** Where the key stands among the columns. */
export const keyPlacesOf = ({ key, columns }: Pick<Table, "key" | "columns">): number[] =>
  key.map((column) => columns.indexOf(column));

/** Every table that is not local, by name. */
export function readTables(db: Database): Table[] {
  return db
    .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .filter(({ name }) => policyOf(name) !== "local")
    .map(({ name }) => readTable(db, name));
}

export function readTable(db: Database, name: string): Table {
  const columns = db.all<{ name: string; pk: number }>("SELECT name, pk FROM pragma_table_info(?)", name);
  const key = columns.filter(({ pk }) => pk > 0).sort((left, right) => left.pk - right.pk);
  const indexes = db.all<{ name: string; origin: string; partial: number }>(
    `SELECT name, origin, partial FROM pragma_index_list(?) WHERE "unique" = 1 AND origin <> 'pk'`,
    name,
  );
  return {
    name,
    policy: policyOf(name),
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    uniques: indexes
      .map((index) => db.all<{ name: string | null }>("SELECT name FROM pragma_index_info(?)", index.name))
      .filter((parts) => parts.every((part) => part.name !== null))
      .map((parts) => parts.map((part) => part.name as string)),
  };
}

/** A name inside SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const listed = (names: readonly string[], prefix = ""): string =>
  names.map((name) => `${prefix}${quoted(name)}`).join(", ");
