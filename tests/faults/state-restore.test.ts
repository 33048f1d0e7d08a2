/** A failure, and a kill, at every single write of a restore, one after the other: all of it is there, or nothing is. */

import { expect, test } from "vitest";
import type { Fuse } from "../support/fuse.ts";
import { createSnapshotWorld, dumpOf } from "../support/snapshot-world.ts";
import { stateFaults } from "../support/state-counts.ts";
import { arm, fillSmall, hangsMs, leftovers, lifeOf, outcomeOf, quickTurns } from "../support/state-faults.ts";

quickTurns();

test("a write of a restore that fails, and one that is the last before a kill: all of it is there, or nothing is", async () => {
  const prepare = async () => {
    const world = createSnapshotWorld();
    fillSmall(world);
    const old = dumpOf(world.db);
    const id = await world.made();
    world.db.run("DELETE FROM messages WHERE seq > 3");
    world.workspace.apply([{ path: "MEMORY.md", content: new TextEncoder().encode("likes coffee") }]);
    world.advance(1_000);
    return { world, old, id, present: dumpOf(world.db) };
  };
  const count: Fuse = { at: 0, writes: 0 };
  const first = await prepare();
  const counted = lifeOf(first.world, count);
  expect(await counted.ended(counted.snapshots.restore(first.id))).toMatch(/^done/);
  const total = count.writes;
  expect(dumpOf(first.world.db)).toBe(first.old);
  for (let at = 1; at <= total; at += stateFaults.every) {
    const { world, old, id, present } = await prepare();
    // One life after the other on the same data: in the first the write fails, in the second it is the last.
    for (const how of ["fails", "kills"]) {
      const fuse: Fuse = { at: 0, writes: 0 };
      const life = lifeOf(world, fuse);
      life.snapshots.recover();
      await expect.poll(() => life.snapshots.isBusy(), { timeout: hangsMs, interval: 1 }).toBe(false);
      const killed = arm(fuse, at, how);
      const outcome = await Promise.race([killed, outcomeOf(() => life.ended(life.snapshots.restore(id)))]);
      fuse.at = 0;
      expect(outcome, `write ${at} of ${total} ${how}`).not.toBe("hangs");
      const found = dumpOf(world.db);
      expect([old, present].includes(found), `write ${at} of ${total} ${how}: ${outcome}`).toBe(true);
      if (outcome.startsWith("done")) expect(found).toBe(old);
    }
    const next = lifeOf(world);
    next.snapshots.recover();
    expect(leftovers(world.db)).toEqual([]);
    next.advance(10_000);
    await expect.poll(() => next.snapshots.isBusy(), { timeout: hangsMs, interval: 1 }).toBe(false);
    expect(await next.ended(next.snapshots.restore(id)), `write ${at}`).toMatch(/^done/);
    expect(dumpOf(world.db)).toBe(old);
  }
  console.log(`${total} writes of a restore, each failed and each the last before a kill (every ${stateFaults.every}.)`);
});
