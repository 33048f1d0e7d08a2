/**
 * The Database interface over Node's own SQLite, for unit tests. Same visible behaviour as the Durable Object's:
 * synchronous, blobs come back as ArrayBuffer, nested transactions roll back alone.
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Database, SqlValue } from "../../packages/worker/src/storage/database.ts";

export interface TestDatabase extends Database {
  /** Closes the file; a second `createTestDatabase(path)` then sees what a restart would see. */
  close(): void;
}

/** A fresh database in memory, or the one in the file at `path`. */
export function createTestDatabase(path = ":memory:"): TestDatabase {
  const sqlite = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  const prepared = new Map<string, StatementSync>();
  let depth = 0;

  function statement(sql: string): StatementSync {
    const known = prepared.get(sql);
    if (known) return known;
    const made = sqlite.prepare(sql);
    prepared.set(sql, made);
    return made;
  }

  function all<Row extends object>(sql: string, ...bindings: SqlValue[]): Row[] {
    return statement(sql)
      .all(...bindings.map(toSqlite))
      .map((row) => fromSqlite(row) as Row);
  }

  function changed(): number {
    return Number((statement("SELECT total_changes() AS n").get() as { n: number }).n);
  }

  return {
    all,
    one: <Row extends object>(sql: string, ...bindings: SqlValue[]) => all<Row>(sql, ...bindings)[0],
    *values(sql, ...bindings) {
      const prepared = sqlite.prepare(sql);
      prepared.setReturnArrays(true);
      for (const row of prepared.iterate(...bindings.map(toSqlite)) as Iterable<unknown>)
        yield (row as unknown[]).map(valueFromSqlite) as SqlValue[];
    },
    run: (sql, ...bindings) => {
      const before = changed();
      // Without bindings a text may hold several statements, as migrations do.
      if (bindings.length === 0) sqlite.exec(sql);
      else statement(sql).run(...bindings.map(toSqlite));
      return changed() - before;
    },
    transaction: (work) => {
      const savepoint = `nested_${depth}`;
      sqlite.exec(`SAVEPOINT ${savepoint}`);
      depth += 1;
      try {
        const value = work();
        if (value instanceof Promise) throw new Error("a transaction's work must be synchronous");
        sqlite.exec(`RELEASE ${savepoint}`);
        return value;
      } catch (error) {
        sqlite.exec(`ROLLBACK TO ${savepoint}`);
        sqlite.exec(`RELEASE ${savepoint}`);
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close: () => sqlite.close(),
  };
}

function toSqlite(value: SqlValue): SQLInputValue {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

function fromSqlite(row: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(row)) {
    out[key] = valueFromSqlite(value);
  }
  return out;
}

const valueFromSqlite = (value: unknown) => (value instanceof Uint8Array ? value.slice().buffer : value);

/** Rows that can be reached only while it is the object's turn, as the platform has it. */
export function turnGuarded(inner: TestDatabase, turn: { isObjects: boolean }): TestDatabase {
  const open = <Name extends keyof TestDatabase>(name: Name) =>
    ((...args: never[]) => {
      if (!turn.isObjects) throw new Error("Cannot perform I/O on behalf of a different Durable Object.");
      return (inner[name] as (...all: never[]) => unknown)(...args);
    }) as TestDatabase[Name];
  const [all, one, values, run, transaction] = [open("all"), open("one"), open("values"), open("run"), open("transaction")];
  return { all, one, values, run, transaction, close: () => inner.close() };
}
