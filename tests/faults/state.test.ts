/**
 * State that survives: a failure at every single write of a snapshot, of a restore and of an upgrade, one after the other
 * (a turn: `state-turn.test.ts`);
 * mutated settings and mutated snapshots. `STATE_CONFIGS` and `STATE_SNAPSHOTS` say how many (long: 10000 and 1000),
 * `STATE_EVERY` how many writes lie between two that fail (long: 1).
 */

import { describe, expect, test } from "vitest";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { sections } from "../../packages/worker/src/catalog/sections.ts";
import { createConfig } from "../../packages/worker/src/config/config.ts";
import { bootServices } from "../../packages/worker/src/services/boot.ts";
import { sweepPoison } from "../../packages/worker/src/services/poison-sweep.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createQuarantine } from "../../packages/worker/src/storage/quarantine.ts";
import { createTestDatabase } from "../support/database.ts";
import { type Fuse, fused } from "../support/fuse.ts";
import { createRandom } from "../support/random.ts";
import { createFakeDisk, createSnapshotWorld, dumpOf, fillAssistant, type SnapshotWorld } from "../support/snapshot-world.ts";

const configs = Number(process.env.STATE_CONFIGS ?? 1_000);
const mutatedSnapshots = Number(process.env.STATE_SNAPSHOTS ?? 100);
/** Of the writes of a snapshot and a restore every so many-th fails; 1 is every single one. */
const every = Number(process.env.STATE_EVERY ?? 23);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const leftovers = (db: Database) =>
  db.all("SELECT name FROM sqlite_master WHERE name LIKE 'cut\\_%' ESCAPE '\\' OR name LIKE 'staged\\_%' ESCAPE '\\'");

/** A small assistant, so that every write can have its turn. */
function small(world: SnapshotWorld): void {
  fillAssistant(world, 12);
  world.workspace.apply([{ path: "big.bin", content: null }]);
}

describe("a failing write of the database", () => {
  test("at every write of a snapshot: the assistant is untouched, and the next snapshot is good", async () => {
    const count: Fuse = { at: 0, writes: 0 };
    const first = createSnapshotWorld({ wrap: (db) => fused(db, count) });
    small(first);
    count.writes = 0;
    await first.made();
    const total = count.writes;
    expect(total).toBeGreaterThan(100);
    for (let at = 1; at <= total; at += every) {
      const fuse: Fuse = { at: 0, writes: 0 };
      const world = createSnapshotWorld({ wrap: (db) => fused(db, fuse) });
      small(world);
      const before = dumpOf(world.db);
      Object.assign(fuse, { at, writes: 0 });
      let outcome = "";
      try {
        outcome = await Promise.race([
          world.ended(world.snapshots.create("button")),
          new Promise<string>((r) => setTimeout(r, 5_000, "hangs")),
        ]);
      } catch (error) {
        outcome = `refused: ${(error as Error).message}`;
      }
      fuse.at = 0;
      expect(outcome, `write ${at}`).not.toBe("hangs");
      expect(dumpOf(world.db), `write ${at}: ${outcome}`).toBe(before);
      // The next life of the object.
      const next = createSnapshotWorld({ db: world.db, disk: world.disk, attachments: world.attachments });
      next.snapshots.recover();
      expect(leftovers(world.db), `write ${at}`).toEqual([]);
      next.advance(1_000);
      const id = await next.made();
      const other = createSnapshotWorld({ disk: next.disk });
      expect(await other.ended(other.snapshots.restore(id, undefined, true))).toMatch(/^done/);
      expect(dumpOf(other.db)).toBe(before);
    }
  });

  test("at every write of a restore: all of it, or nothing", async () => {
    const count: Fuse = { at: 0, writes: 0 };
    const prepare = async (fuse: Fuse) => {
      const world = createSnapshotWorld({ wrap: (db) => fused(db, fuse) });
      small(world);
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
    for (let at = 1; at <= total; at += every) {
      const fuse: Fuse = { at: 0, writes: 0 };
      const { world, old, id, present } = await prepare(fuse);
      Object.assign(fuse, { at, writes: 0 });
      const outcome = await Promise.race([
        Promise.resolve()
          .then(() => world.ended(world.snapshots.restore(id)))
          .catch((error: Error) => `refused: ${error.message}`),
        new Promise<string>((r) => setTimeout(r, 5_000, "hangs")),
      ]);
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

  test("at every write of an upgrade: the data is as before, the start says why, the next try succeeds", async () => {
    const released = migrations.slice(0, 15);
    const fill = () => {
      const db = createTestDatabase();
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
    const start = async (db: Database, fuse: Fuse) => {
      const boot = bootServices({
        db: fused(db, fuse),
        migrations,
        clock: { now: () => 1, sleep: () => new Promise((resolve) => setTimeout(resolve, 1_000)) },
        log: quiet,
        create: () => "services",
        wake: () => {},
        snapshotBefore: async () => "snap",
      });
      return boot.services().catch((error: { code: string }) => error.code);
    };
    const count: Fuse = { at: 0, writes: 0 };
    expect(await start(fill(), count)).toBe("services");
    expect(count.writes).toBeGreaterThan(migrations.length - released.length);
    for (let at = 1; at <= count.writes; at += 1) {
      const db = fill();
      const before = whole(db);
      const outcome = await start(db, { at, writes: 0 });
      if (outcome !== "services") expect([outcome, whole(db)], `write ${at}`).toEqual(["MIGRATION_FAILED", before]);
      expect(await start(db, { at: 0, writes: 0 })).toBe("services");
    }
  });
});

describe("a failing store", () => {
  test("at every request of a snapshot and its proof: no half snapshot is ever taken for a good one", async () => {
    let total = 0;
    const first = createSnapshotWorld();
    small(first);
    first.disk.before = () => {
      total += 1;
      return undefined;
    };
    await first.made();
    for (let at = 1; at <= total; at += Math.ceil(every / 4)) {
      for (const status of [403, 500]) {
        const world = createSnapshotWorld();
        small(world);
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

describe("what is poisoned", () => {
  test(`${configs} mutated settings: every start succeeds, no setting is lost`, () => {
    const random = createRandom(7).next;
    const good: Record<string, object> = {
      agent: { name: "Lobster" },
      providers: { openai: { baseUrl: "https://a.example/" } },
      access: { allowed: ["a@b.example"] },
      snapshots: { everyHours: 12 },
    };
    for (let round = 0; round < configs; round += 1) {
      const db = createTestDatabase();
      const clock = { now: () => 1, sleep: async () => {} };
      migrate(db, migrations, clock);
      const stored: Record<string, string> = {};
      for (const [section, value] of Object.entries(good)) {
        stored[section] = mutate(JSON.stringify(value), random);
        db.run(
          "INSERT INTO config (section, value, version, changed_by, changed_at) VALUES (?, ?, 1, 't', 1)",
          section,
          stored[section],
        );
      }
      const quarantine = createQuarantine(db, clock);
      const config = createConfig({ sections, db, clock, log: quiet, seeds: {}, quarantine });
      expect(config.snapshot().config).toBeDefined();
      // A change of every section does not lose what was there: it is in the row, or in quarantine.
      for (const section of Object.keys(good)) {
        try {
          config.patch({ [section]: section === "agent" ? { name: "New" } : {} }, { changedBy: "t" });
        } catch {
          // A refusal changes nothing.
        }
        const now = db.one<{ value: string }>("SELECT value FROM config WHERE section = ?", section)?.value;
        const kept = quarantine.list(100).some((row) => row.name === section && row.content === stored[section]);
        const isSame = now === stored[section] || holds(now, stored[section]);
        expect(isSame || kept, `${round} ${section}: ${stored[section]} became ${now}`).toBe(true);
      }
    }
  });

  test(`${mutatedSnapshots} mutated snapshots: never a wrong restore, and the last good one always`, async () => {
    const random = createRandom(11).next;
    const world = createSnapshotWorld();
    small(world);
    await world.blobs.put("blob_1", new TextEncoder().encode("a picture"), "image/png");
    const good = await world.made();
    const truth = dumpOf(world.db);
    const goodFiles = new Map(world.disk.files);
    world.db.run("UPDATE messages SET superseded = 1");
    world.workspace.apply([{ path: "second.md", content: new TextEncoder().encode("later") }]);
    world.advance(3_600_000);
    const second = await world.made();
    const secondTruth = dumpOf(world.db);
    const ofSecond = [...world.disk.files.keys()].filter((name) => !goodFiles.has(name) && !name.startsWith("verdicts/"));
    for (let round = 0; round < mutatedSnapshots; round += 1) {
      const files = new Map(world.disk.files);
      const name = ofSecond[Math.floor(random() * ofSecond.length)] as string;
      files.set(name, mutateBytes(files.get(name) as Uint8Array, random));
      const other = createSnapshotWorld({ disk: createFakeDisk(files) });
      const empty = dumpOf(other.db);
      const outcome = await other.ended(other.snapshots.restore(second, undefined, true));
      expect(dumpOf(other.db), `${round} ${name}: ${outcome}`).toBe(outcome.startsWith("done") ? secondTruth : empty);
      expect(await other.ended(other.snapshots.restore(good, undefined, true)), `${round} ${name}`).toMatch(/^done/);
      expect(dumpOf(other.db)).toBe(truth);
    }
  });

  test("rows that are no JSON go into quarantine, whole; the rest stays", () => {
    const world = createSnapshotWorld();
    small(world);
    world.db.run("UPDATE messages SET body = '{half' WHERE seq IN (3, 5)");
    world.db.run(
      "INSERT INTO runs (id, session_key, channel, principal, state, created_at) VALUES ('run_1', 's', 'web', 'rubbish', 'running', 1)",
    );
    const quarantine = createQuarantine(world.db, world.clock);
    expect(sweepPoison(world.db, quarantine).taken).toEqual({ runs: 1, messages: 2 });
    expect(world.db.one("SELECT count(*) AS n FROM messages")).toEqual({ n: 10 });
    expect(
      quarantine
        .list(10)
        .map((row) => row.source)
        .sort(),
    ).toEqual(["messages", "messages", "runs"]);
    expect(quarantine.list(10).some((row) => row.content?.includes("{half"))).toBe(true);
    expect(sweepPoison(world.db, quarantine).taken).toEqual({});
  });
});

/** True when every leaf of the old text still stands in the new one, but for what was patched on purpose. */
function holds(now: string | undefined, before: string | undefined): boolean {
  try {
    const [left, right] = [JSON.parse(now ?? "") as Record<string, unknown>, JSON.parse(before ?? "") as Record<string, unknown>];
    return Object.entries(right).every(([key, value]) => key === "name" || JSON.stringify(left[key]) === JSON.stringify(value));
  } catch {
    return false;
  }
}

function mutate(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const ways = [
    () => text.slice(0, at),
    () => text.slice(at),
    () => `${text.slice(0, at)}${String.fromCharCode(Math.floor(random() * 0x3000))}${text.slice(at + 1)}`,
    () => text.replace(/:("[^"]*"|\d+)/, `:${["null", "[]", "{}", "-1", '"x"', "1e400", "true"][Math.floor(random() * 7)]}`),
    () => text.replace(/^\{/, '{"dm":{"policy":"open"},'),
    () => `[${text}]`,
    () => "",
    () => text,
    () => text.replace(/^\{/, '{"__proto__":{"polluted":true},'),
    () => "null",
  ];
  return (ways[Math.floor(random() * ways.length)] as () => string)();
}

function mutateBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  const out = bytes.slice();
  const at = Math.floor(random() * out.length);
  const way = Math.floor(random() * 5);
  if (way === 0) return out.slice(0, at);
  if (way === 1) return new Uint8Array();
  if (way === 2) return out.fill(Math.floor(random() * 256), at, at + 1 + Math.floor(random() * 40));
  if (way === 3) return new Uint8Array([...out, ...out.slice(0, 20)]);
  out[at] = (out[at] as number) ^ (1 << Math.floor(random() * 8));
  return out;
}
