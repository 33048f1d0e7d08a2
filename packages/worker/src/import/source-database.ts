/** SQLite databases of a source, each opened once however many kinds of things are looked for in it. */

import type { SourceTree } from "./source-tree.ts";
import { openSqlite, type SqliteFile } from "./sqlite-file.ts";

/** As long as the tree is in use. */
const opened = new WeakMap<SourceTree, Map<string, SqliteFile>>();

/** undefined when it is not there or empty. Throws INVALID_REQUEST when it cannot be read. */
export function databaseIn(tree: SourceTree, path: string): SqliteFile | undefined {
  const known = opened.get(tree) ?? new Map<string, SqliteFile>();
  opened.set(tree, known);
  const before = known.get(path);
  if (before) return before;
  const file = tree.read(path);
  if (!file || file.length === 0) return undefined;
  const database = openSqlite(file, tree.read(`${path}-wal`));
  known.set(path, database);
  return database;
}
