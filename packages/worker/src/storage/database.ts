/** SQLite of the Durable Object behind one small interface. All calls are synchronous; one turn of the event loop commits as a whole. */

export type SqlValue = string | number | null | ArrayBuffer;

export interface Database {
  all<Row extends object>(sql: string, ...bindings: SqlValue[]): Row[];
  /** The first row, or undefined. */
  one<Row extends object>(sql: string, ...bindings: SqlValue[]): Row | undefined;
  /** Rows one by one as their values in order, without holding them all. The loop must be synchronous, end, and write nothing. */
  values(sql: string, ...bindings: SqlValue[]): Iterable<SqlValue[]>;
  /** Returns the number of rows written. */
  run(sql: string, ...bindings: SqlValue[]): number;
  /** All or nothing: a throw inside rolls back and is rethrown. May be nested. */
  transaction<Value>(work: () => Value): Value;
}

export function createDatabase(storage: DurableObjectStorage): Database {
  const { sql } = storage;
  return {
    all: <Row extends object>(query: string, ...bindings: SqlValue[]) =>
      sql.exec(query, ...bindings).toArray() as unknown as Row[],
    one: <Row extends object>(query: string, ...bindings: SqlValue[]) => {
      const next = sql.exec(query, ...bindings).next();
      return next.done ? undefined : (next.value as unknown as Row);
    },
    values: (query, ...bindings) => sql.exec(query, ...bindings).raw<SqlValue[]>(),
    run: (query, ...bindings) => {
      const cursor = sql.exec(query, ...bindings);
      cursor.toArray();
      return cursor.rowsWritten;
    },
    transaction: (work) => storage.transactionSync(work),
  };
}
