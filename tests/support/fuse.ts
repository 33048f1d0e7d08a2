/** A database whose n-th write fails, as on a full disk, or is the last thing a process does. */

import type { Database } from "../../packages/worker/src/storage/database.ts";

export interface Fuse {
  /** The write with this number fails, counted from one; 0 counts only. */
  at: number;
  writes: number;
  /** Called instead of failing that write alone: from then on nothing is written any more. */
  kill?: (() => void) | undefined;
}

const isWrite = (sql: string) => /^\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b/i.test(sql);

export function fused(db: Database, fuse: Fuse): Database {
  let dead = false;
  const pass = (sql: string) => {
    if (dead) throw new Error("this life is over");
    if (!isWrite(sql)) return;
    fuse.writes += 1;
    if (fuse.writes !== fuse.at) return;
    if (!fuse.kill) throw new Error("database or disk is full: SQLITE_FULL");
    dead = true;
    fuse.kill();
    throw new Error("this life is over");
  };
  return {
    values: db.values,
    transaction: db.transaction,
    all: (sql, ...bindings) => {
      pass(sql);
      return db.all(sql, ...bindings);
    },
    one: (sql, ...bindings) => {
      pass(sql);
      return db.one(sql, ...bindings);
    },
    run: (sql, ...bindings) => {
      pass(sql);
      return db.run(sql, ...bindings);
    },
  };
}
