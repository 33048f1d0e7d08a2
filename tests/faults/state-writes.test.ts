/**
 * State that survives: a failure, and a kill, at every single write of a snapshot and of an upgrade, one after the other; a
 * failure at every request to the store. (A restore: `state-restore.test.ts`; a turn: `state-turn.test.ts`.)
 */

import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { bootServices } from "../../packages/worker/src/services/boot.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createTestDatabase } from "../support/database.ts";
import { type Fuse, fused } from "../support/fuse.ts";
import { createFakeDisk, createSnapshotWorld, dumpOf } from "../support/snapshot-world.ts";
import { stateFaults } from "../support/state-counts.ts";
import { arm, fillSmall, leftovers, lifeOf, outcomeOf, quickTurns } from "../support/state-faults.ts";

quickTurns();
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A database file as it lies on the disk, with the journal of what is not committed. */
function copyDatabase(from: string, to: string): void {
  for (const tail of ["", "-journal", "-wal", "-shm"]) {
    rmSync(to + tail, { force: true });
    if (existsSync(from + tail)) copyFileSync(from + tail, to + tail);
  }
}

describe("a write of the database", () => {
  test("of a snapshot that fails, and one that is the last before a kill: nothing is touched, and the next snapshot is good", async () => {
    const count: Fuse = { at: 0, writes: 0 };
    const first = createSnapshotWorld({ wrap: (db) => fused(db, count) });
    fillSmall(first);
    count.writes = 0;
    await first.made();
    const total = count.writes;
    expect(total).toBeGreaterThan(100);
    for (let at = 1; at <= total; at += stateFaults.every) {
      const world = createSnapshotWorld();
      fillSmall(world);
      const before = dumpOf(world.db);
      // One life after the other on the same data: in the first the write fails, in the second it is the last.
      for (const how of ["fails", "kills"]) {
        const fuse: Fuse = { at: 0, writes: 0 };
        const life = lifeOf(world, fuse);
        life.snapshots.recover();
        const killed = arm(fuse, at, how);
        const outcome = await Promise.race([killed, outcomeOf(() => life.ended(life.snapshots.create("button")))]);
        fuse.at = 0;
        expect(outcome, `write ${at} of ${total} ${how}`).not.toBe("hangs");
        expect(dumpOf(world.db), `write ${at} of ${total} ${how}: ${outcome}`).toBe(before);
      }
      const next = lifeOf(world);
      next.snapshots.recover();
      expect(leftovers(world.db), `write ${at}`).toEqual([]);
      next.advance(1_000);
      const id = await next.made();
      const other = createSnapshotWorld({ disk: next.disk });
      expect(await other.ended(other.snapshots.restore(id, undefined, true))).toMatch(/^done/);
      expect(dumpOf(other.db)).toBe(before);
    }
    console.log(`${total} writes of a snapshot, each failed and each the last before a kill (every ${stateFaults.every}.)`);
  });

  test("of an upgrade that fails, and one that is the last before a kill: the data is as before, and the next start succeeds", async () => {
    const released = migrations.slice(0, 15);
    const fill = (path?: string) => {
      const db = createTestDatabase(path);
      migrate(db, released, { now: () => 1, sleep: async () => {} });
      db.run("INSERT INTO sessions (key, session_id, created_at, updated_at) VALUES ('agent:main:main', 's', 1, 1)");
      return db;
    };
    const whole = (db: Database) =>
      db
        .all<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master ORDER BY name")
        .map(({ name, sql }) => `${name} ${sql}`)
        .concat(
          db.all("SELECT * FROM sessions").map((row) => JSON.stringify(row)),
          db.all("SELECT name FROM schema_migrations").map((row) => JSON.stringify(row)),
        )
        .join("\n");
    const start = async (db: Database, fuse: Fuse, create = () => "services") => {
      const boot = bootServices({
        db: fused(db, fuse),
        migrations,
        clock: { now: () => 1, sleep: () => new Promise((resolve) => setTimeout(resolve, 1_000)) },
        log: quiet,
        create,
        wake: () => {},
        snapshotBefore: async () => "snap",
      });
      return boot.services().catch((error: { code: string }) => error.code);
    };
    const count: Fuse = { at: 0, writes: 0 };
    const upgraded = fill();
    expect(await start(upgraded, count)).toBe("services");
    const after = whole(upgraded);
    expect(count.writes).toBeGreaterThan(migrations.length - released.length);
    // A release whose services cannot start on what it made of the data takes that back too.
    const unfit = fill();
    const asItWas = whole(unfit);
    const broken = () => {
      unfit.run("INSERT INTO sessions (key, session_id, created_at, updated_at) VALUES ('of the start', 's', 1, 1)");
      throw new Error("nothing fits");
    };
    expect([await start(unfit, { at: 0, writes: 0 }, broken), whole(unfit)]).toEqual(["START_FAILED", asItWas]);
    expect([await start(unfit, { at: 0, writes: 0 }), whole(unfit)]).toEqual(["services", after]);

    const folder = mkdtempSync(join(tmpdir(), "moltworker-upgrade-"));
    const at = (name: string) => join(folder, `${name}.sqlite`);
    try {
      fill(at("before")).close();
      for (let write = 1; write <= count.writes; write += 1) {
        for (const how of ["fails", "kills"] as const) {
          const where = `write ${write} of ${count.writes} ${how}`;
          copyDatabase(at("before"), at("first"));
          const db = createTestDatabase(at("first"));
          const before = whole(db);
          // What the file and its journal are at that moment is what the next process finds.
          const kill = how === "kills" ? { kill: () => copyDatabase(at("first"), at("next")) } : {};
          expect(await start(db, { at: write, writes: 0, ...kill }), where).toBe("MIGRATION_FAILED");
          db.close();
          const next = createTestDatabase(at(how === "kills" ? "next" : "first"));
          expect(whole(next), where).toBe(before);
          expect(await start(next, { at: 0, writes: 0 }), where).toBe("services");
          expect(whole(next), where).toBe(after);
          next.close();
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    console.log(`${count.writes} writes of an upgrade, each failed and each the last before a kill`);
  });
});

describe("a failing store", () => {
  test("at every request of a snapshot and its proof: no half snapshot is ever taken for a good one", async () => {
    let total = 0;
    const first = createSnapshotWorld();
    fillSmall(first);
    first.disk.before = () => {
      total += 1;
      return undefined;
    };
    await first.made();
    for (let at = 1; at <= total; at += Math.ceil(stateFaults.every / 4)) {
      for (const status of [403, 500]) {
        const world = createSnapshotWorld();
        fillSmall(world);
        const good = await world.made();
        world.db.run("UPDATE messages SET superseded = 1 WHERE seq = 2");
        world.advance(3_600_000);
        let seen = 0;
        world.disk.before = () => (++seen >= at ? new Response("no", { status }) : undefined);
        await world.ended(world.snapshots.create("button"));
        world.disk.before = undefined;
        const { snapshots } = await world.snapshots.state();
        expect(snapshots.some((row) => row.id === good && row.state === "verified")).toBe(true);
        for (const row of snapshots.filter(({ state }) => state === "verified")) {
          const other = createSnapshotWorld({ disk: createFakeDisk(world.disk.files) });
          expect(await other.ended(other.snapshots.restore(row.id, undefined, true)), `request ${at}, ${status}`).toMatch(
            /^done/,
          );
        }
      }
    }
  });
});
