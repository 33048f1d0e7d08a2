/**
 * Reads the tables of a SQLite file, and nothing else: OpenClaw keeps its conversations in one, and neither workerd nor an older
 * Node.js can open a file of somebody else's. Rows come in the order of their row ids.
 */

import { damaged, openPages, type Pages, viewOf } from "./sqlite-pages.ts";

type SqliteValue = string | number | Uint8Array | null;
export type SqliteRow = Record<string, SqliteValue>;

export interface SqliteFile {
  tables(): string[];
  /** Empty when there is no such table. Throws INVALID_REQUEST when the file is damaged there. */
  rows(table: string): Generator<SqliteRow, void, undefined>;
}

interface Table {
  root: number;
  columns: string[];
  /** The column that is the row id itself, and therefore stored as null. */
  rowidColumn: string | undefined;
}

const maxDepth = 40;

/** `wal`: the `-wal` file beside it, if any. Throws INVALID_REQUEST when it is no SQLite database. */
export function openSqlite(file: Uint8Array, wal?: Uint8Array): SqliteFile {
  const pages = openPages(file, wal);
  const tables = new Map<string, Table>();
  for (const { values } of records(pages, 1, 0)) {
    const [type, name, , root, sql] = values;
    if (type !== "table" || typeof name !== "string" || typeof root !== "number" || typeof sql !== "string") continue;
    // Keyed by something else than a row id: another kind of tree, which nothing that is imported lives in.
    if (root > 0 && !/\bwithout\s+rowid\b/i.test(sql)) tables.set(name, { root, ...columnsOf(sql) });
  }
  return {
    tables: () => [...tables.keys()],
    *rows(name) {
      const table = tables.get(name);
      if (!table) return;
      for (const { rowid, values } of records(pages, table.root, 0)) {
        const row: SqliteRow = {};
        for (const [index, column] of table.columns.entries())
          row[column] = column === table.rowidColumn ? rowid : (values[index] ?? null);
        yield row;
      }
    },
  };
}

function* records(
  pages: Pages,
  number: number,
  depth: number,
): Generator<{ rowid: number; values: SqliteValue[] }, void, undefined> {
  if (depth > maxDepth) throw damaged("its tree has a loop");
  const page = pages.page(number);
  const view = viewOf(page);
  const start = number === 1 ? 100 : 0;
  const kind = view.getUint8(start);
  const cells = view.getUint16(start + 3);
  if (kind !== 0x0d && kind !== 0x05) throw damaged(`page ${number} is not of a table`);
  const pointers = start + (kind === 0x05 ? 12 : 8);
  for (let index = 0; index < cells; index += 1) {
    const at = view.getUint16(pointers + index * 2);
    if (kind === 0x05) yield* records(pages, view.getUint32(at), depth + 1);
    else yield leafRecord(pages, page, at);
  }
  if (kind === 0x05) yield* records(pages, view.getUint32(start + 8), depth + 1);
}

function leafRecord(pages: Pages, page: Uint8Array, at: number): { rowid: number; values: SqliteValue[] } {
  const [size, afterSize] = varint(page, at);
  const [rowid, start] = varint(page, afterSize);
  return { rowid, values: valuesIn(payload(pages, page, start, size)) };
}

/** What does not fit into the page goes on in a chain of overflow pages. */
function payload(pages: Pages, page: Uint8Array, start: number, size: number): Uint8Array {
  const usable = pages.usableBytes;
  const most = usable - 35;
  if (size <= most) return page.subarray(start, start + size);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (usable - 4));
  const local = fitting <= most ? fitting : least;
  const whole = new Uint8Array(size);
  whole.set(page.subarray(start, start + local));
  let next = viewOf(page).getUint32(start + local);
  for (let filled = local; filled < size; ) {
    const overflow = pages.page(next);
    const part = overflow.subarray(4, 4 + Math.min(usable - 4, size - filled));
    whole.set(part, filled);
    filled += part.length;
    next = viewOf(overflow).getUint32(0);
  }
  return whole;
}

function valuesIn(record: Uint8Array): SqliteValue[] {
  const [headerBytes, first] = varint(record, 0);
  const values: SqliteValue[] = [];
  let at = headerBytes;
  for (let next = first; next < headerBytes; ) {
    const [serial, after] = varint(record, next);
    const [value, length] = valueAt(record, at, serial);
    values.push(value);
    at += length;
    next = after;
  }
  return values;
}

const integerBytes = [0, 1, 2, 3, 4, 6, 8];

function valueAt(record: Uint8Array, at: number, serial: number): [SqliteValue, number] {
  if (serial === 0) return [null, 0];
  if (serial === 8 || serial === 9) return [serial - 8, 0];
  if (serial === 7) return [viewOf(record).getFloat64(at), 8];
  if (serial < 7) return [integerAt(record, at, integerBytes[serial] as number), integerBytes[serial] as number];
  if (serial < 12) throw damaged("a value has an unknown type");
  const length = (serial - (serial % 2 === 0 ? 12 : 13)) / 2;
  const bytes = record.subarray(at, at + length);
  return [serial % 2 === 0 ? bytes.slice() : new TextDecoder().decode(bytes), length];
}

function integerAt(record: Uint8Array, at: number, length: number): number {
  let value = (((record[at] ?? 0) << 24) >> 24) as number;
  for (let index = 1; index < length; index += 1) value = value * 256 + (record[at + index] ?? 0);
  return value;
}

/** One to nine bytes, seven bits each; the ninth gives all eight. */
function varint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw damaged("it ends in the middle of a number");
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value * 256 + (bytes[at + 8] ?? 0), at + 9];
}

/** Names of the columns in a CREATE TABLE statement, table constraints left out. */
function columnsOf(sql: string): { columns: string[]; rowidColumn: string | undefined } {
  const plain = sql.replaceAll(/--[^\n]*/g, " ").replaceAll(/\/\*.*?\*\//gs, " ");
  const definitions = splitTopLevel(plain.slice(plain.indexOf("(") + 1, plain.lastIndexOf(")")));
  const columns: string[] = [];
  let rowidColumn: string | undefined;
  for (const definition of definitions) {
    if (/^(primary\s+key|unique|check|foreign\s+key|constraint)\b/i.test(definition)) continue;
    const name = /^(?:"((?:[^"]|"")+)"|`([^`]+)`|\[([^\]]+)\]|([^\s(]+))/.exec(definition);
    const column = name?.[1]?.replaceAll('""', '"') ?? name?.[2] ?? name?.[3] ?? name?.[4];
    if (column === undefined) continue;
    columns.push(column);
    if (/\binteger\s+(not\s+null\s+)?primary\s+key\b/i.test(definition)) rowidColumn = column;
  }
  return { columns, rowidColumn };
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let current = "";
  for (const character of text) {
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === "'" || character === '"' || character === "`") quote = character;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (character === "," && depth === 0 && quote === "") {
      parts.push(current.trim());
      current = "";
    } else current += character;
  }
  return [...parts, current.trim()].filter((part) => part !== "");
}
