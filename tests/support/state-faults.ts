/** What the faults of the data share: a small assistant, and turns that cost no time. */

import type { Database } from "../../packages/worker/src/storage/database.ts";
import { type Fuse, fused } from "./fuse.ts";
import { createSnapshotWorld, fillAssistant, type SnapshotWorld } from "./snapshot-world.ts";

/** Work gives way by a timer, some hundred times a snapshot, and a timer of Node's takes a millisecond: here nobody waits. */
export function quickTurns(): void {
  const { setTimeout: timer } = globalThis;
  const quick = (work: () => void, ms?: number, ...args: []) =>
    ms === 0 ? setImmediate(work, ...args) : timer(work, ms, ...args);
  globalThis.setTimeout = Object.assign(quick, timer) as typeof setTimeout;
}

/** Tables that only work in progress has. */
export const leftovers = (db: Database) =>
  db.all("SELECT name FROM sqlite_master WHERE name LIKE 'cut\\_%' ESCAPE '\\' OR name LIKE 'staged\\_%' ESCAPE '\\'");

/** A small assistant, so that every write can have its turn. */
export function fillSmall(world: SnapshotWorld): void {
  fillAssistant(world, 12);
  world.workspace.apply([{ path: "big.bin", content: null }]);
}

/** Another life of the object on the same data, whose writes go through the fuse. */
export function lifeOf({ db, disk, attachments, clock }: SnapshotWorld, fuse?: Fuse): SnapshotWorld {
  return createSnapshotWorld({
    db,
    disk,
    attachments,
    now: clock.now(),
    ...(fuse ? { wrap: (inner) => fused(inner, fuse) } : {}),
  });
}

/** From now on the write with this number fails, or ends this life, which is when the promise resolves. */
export function arm(fuse: Fuse, at: number, how: string): Promise<string> {
  return new Promise((resolve) => {
    Object.assign(fuse, { at, writes: 0, ...(how === "fails" ? {} : { kill: () => resolve("killed") }) });
  });
}

/** A guard against hanging, not a measure: on a busy machine the work of half a second may wait for a processor. */
export const hangsMs = 120_000;

/** How it ended; work that hangs is said to, and a refusal is an end. */
export async function outcomeOf(work: () => Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, hangsMs, "hangs");
  });
  const begun = Promise.resolve().then(work);
  try {
    return await Promise.race([begun.catch((error: Error) => `refused: ${error.message}`), late]);
  } finally {
    clearTimeout(timer);
  }
}
