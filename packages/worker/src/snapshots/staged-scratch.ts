/**
 * A snapshot at the present schema can be proved where it will be used: its chunks are loaded into the staged tables, and these
 * are read again and compared. Nothing of the assistant's own tables is touched, and no row is copied twice.
 */

import type { Database } from "../storage/database.ts";
import type { Manifest } from "./manifest.ts";
import { digestTable, loadChunks } from "./scratch.ts";
import { createStaged, dropStaged, stagedName } from "./staged.ts";
import { isInternal } from "./table-policy.ts";
import type { Scratch } from "./verify-snapshot.ts";

/** True when the snapshot's tables are those of the assistant as it is. */
export function isPresentSchema(db: Database, { schema }: Pick<Manifest, "schema">): boolean {
  const present = db.all<{ name: string }>("SELECT name FROM schema_migrations ORDER BY position").map(({ name }) => name);
  return present.length === schema.length && present.every((name, place) => name === schema[place]);
}

export function createStagedScratch(db: Database): Scratch {
  return {
    begin: async () =>
      db.transaction(() => {
        dropStaged(db);
        // Also those that are not brought back: what an older version saved is read and compared too.
        for (const { name } of db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'"))
          if (!isInternal(name)) createStaged(db, name);
      }),
    load: async (loads) =>
      loadChunks(
        db,
        loads.map(({ table, chunks }) => ({ table: { ...table, name: stagedName(table.name) }, chunks })),
      ),
    digest: (table, columns) => digestTable(db, stagedName(table), columns),
    finish: async () => {},
    clear: async () => dropStaged(db),
  };
}
