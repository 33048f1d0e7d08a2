/** How the hosting stands, on disk: what a container was given, what last started, and why something does not run. */

import type { ContainerReason } from "@moltworker/protocol/containers";
import type { Database } from "../../storage/database.ts";

export interface HostedRow {
  /** The container's generation whose home is ours; 0: none. */
  generation: number;
  /** The home that it was given or that was last saved from it. */
  home: string | null;
  mark: string;
  /** OpenClaw in that container. */
  version: string;
  /** OpenClaw that last became ready. */
  startedVersion: string | null;
  /** Settings with which it last became ready, as JSON. */
  last: string | null;
  /** Their mark, and the version that took them. */
  known: { mark: string; version: string } | null;
  /** A version that did not start, and the one that runs in its place. */
  held: { version: string; instead: string; because: string; at: number } | null;
  failure: ContainerReason | null;
  /** What a person should know about the settings it runs with. */
  note: string | null;
  /** It was put to sleep and waits to be used. */
  asleep: boolean;
}

export interface HostedRows {
  read(): HostedRow;
  write(change: Partial<HostedRow>): void;
}

const first: HostedRow = {
  generation: 0,
  home: null,
  mark: "",
  version: "",
  startedVersion: null,
  last: null,
  known: null,
  held: null,
  failure: null,
  note: null,
  asleep: false,
};

export function createHostedRows(db: Database): HostedRows {
  const read = (): HostedRow => {
    const kept = db.one<{ row: string }>("SELECT row FROM hosted_state WHERE id = 1");
    return kept ? { ...first, ...(JSON.parse(kept.row) as Partial<HostedRow>) } : first;
  };
  return {
    read,
    write(change) {
      const text = JSON.stringify({ ...read(), ...change });
      db.run("INSERT INTO hosted_state (id, row) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row", text);
    },
  };
}
