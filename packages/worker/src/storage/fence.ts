/**
 * A door before the database that shuts once. When rows were replaced beneath what is in memory, this life of the object must
 * not read or write another one: what it remembers would overwrite what was just put there. The next life has a door of its own.
 */

import type { Database } from "./database.ts";

export interface Fence {
  db: Database;
  /** From now on every call throws `reason`. */
  shut(reason: Error): void;
}

export function createFence(inner: Database): Fence {
  let shut: Error | undefined;
  const open = () => {
    if (shut) throw shut;
    return inner;
  };
  return {
    db: {
      all: (sql, ...bindings) => open().all(sql, ...bindings),
      one: (sql, ...bindings) => open().one(sql, ...bindings),
      values: (sql, ...bindings) => open().values(sql, ...bindings),
      run: (sql, ...bindings) => open().run(sql, ...bindings),
      transaction: (work) => open().transaction(work),
    },
    shut(reason) {
      shut ??= reason;
    },
  };
}
