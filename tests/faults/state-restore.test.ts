/** A failure, and a kill, at every single write of a restore, one after the other: all of it is there, or nothing is. */

import { expect, test } from "vitest";
import { type Fuse, fused } from "../support/fuse.ts";
import { createSnapshotWorld, dumpOf } from "../support/snapshot-world.ts";
import { stateFaults } from "../support/state-counts.ts";
import { fillSmall, leftovers, outcomeOf, quickTurns } from "../support/state-faults.ts";

quickTurns();

test.each(["fails", "is the last before a kill"])("a write of a restore that %s: all of it, or nothing", async (how) => {
  const count: Fuse = { at: 0, writes: 0 };
  const prepare = async (fuse: Fuse) => {
    const world = createSnapshotWorld({ wrap: (db) => fused(db, fuse) });
    fillSmall(world);
    const old = dumpOf(world.db);
    const id = await world.made();
    world.db.run("DELETE FROM messages WHERE seq > 3");
    world.workspace.apply([{ path: "MEMORY.md", content: new TextEncoder().encode("likes coffee") }]);
    world.advance(1_000);
    return { world, old, id, present: dumpOf(world.db) };
  };
  const first = await prepare(count);
  count.writes = 0;
  expect(await first.world.ended(first.world.snapshots.restore(first.id))).toMatch(/^done/);
  const total = count.writes;
  expect(dumpOf(first.world.db)).toBe(first.old);
  for (let at = 1; at <= total; at += stateFaults.every) {
    const fuse: Fuse = { at: 0, writes: 0 };
    const { world, old, id, present } = await prepare(fuse);
    const killed = new Promise<string>((resolve) => {
      Object.assign(fuse, { at, writes: 0, ...(how === "fails" ? {} : { kill: () => resolve("killed") }) });
    });
    const outcome = await Promise.race([killed, outcomeOf(() => world.ended(world.snapshots.restore(id)))]);
    fuse.at = 0;
    expect(outcome, `write ${at}`).not.toBe("hangs");
    const found = dumpOf(world.db);
    expect([old, present].includes(found), `write ${at}: ${outcome}`).toBe(true);
    if (outcome.startsWith("done")) expect(found).toBe(old);
    const next = createSnapshotWorld({ db: world.db, disk: world.disk, attachments: world.attachments });
    next.snapshots.recover();
    expect(leftovers(world.db)).toEqual([]);
    next.advance(10_000);
    await expect.poll(() => next.snapshots.isBusy(), { timeout: 10_000 }).toBe(false);
    expect(await next.ended(next.snapshots.restore(id)), `write ${at}`).toMatch(/^done/);
    expect(dumpOf(world.db)).toBe(old);
  }
});
