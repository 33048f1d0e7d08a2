/** The object's one row: the state machine and the generation that every component echoes. Written before it is acted on. */

import type { ContainerReason, ContainerStage, ContainerStateName } from "@moltworker/protocol/containers";
import type { Database } from "../storage/database.ts";
import type { ContainerSpec } from "./container-spec.ts";

export interface ContainerRow {
  state: ContainerStateName;
  stage: ContainerStage | null;
  /** Grows with every start and is never given twice. 0: none was ever started. */
  generation: number;
  /** Proves to the container that the caller is its object, and to the object that the container is this generation. */
  secret: string;
  /** Proves to the way out that a request came from this container's own network. */
  egressSecret: string;
  /** Image of this generation. */
  image: string;
  spec: ContainerSpec | null;
  reason: ContainerReason | null;
  since: number;
  startedAt: number;
  lastUsedAt: number;
  /** Why a newer image or setting does not run yet. */
  waiting: string | null;
}

export interface RowStore {
  read(): ContainerRow;
  /** Commits the change and resolves when it is on disk. */
  write(change: Partial<ContainerRow>): Promise<ContainerRow>;
  /** Commits a change that a crash may take back: the next life finds out by itself. */
  note(change: Partial<ContainerRow>): ContainerRow;
}

const first: ContainerRow = {
  state: "absent",
  stage: null,
  generation: 0,
  secret: "",
  egressSecret: "",
  image: "",
  spec: null,
  reason: null,
  since: 0,
  startedAt: 0,
  lastUsedAt: 0,
  waiting: null,
};

export function createRowStore(db: Database, flush: () => Promise<void>): RowStore {
  db.run("CREATE TABLE IF NOT EXISTS container (id INTEGER PRIMARY KEY CHECK (id = 1), row TEXT NOT NULL)");
  let row: ContainerRow = first;
  const kept = db.one<{ row: string }>("SELECT row FROM container WHERE id = 1");
  if (kept) row = { ...first, ...(JSON.parse(kept.row) as ContainerRow) };
  const note = (change: Partial<ContainerRow>) => {
    row = { ...row, ...change };
    const text = JSON.stringify(row);
    db.run("INSERT INTO container (id, row) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row", text);
    return row;
  };
  return {
    read: () => row,
    note,
    async write(change) {
      note(change);
      await flush();
      return row;
    },
  };
}
