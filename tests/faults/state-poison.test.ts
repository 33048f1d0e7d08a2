/** Mutated settings, mutated snapshots, rows that are rubbish: every start succeeds, nothing is lost, the last good one restores. */

import { describe, expect, test } from "vitest";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { sections } from "../../packages/worker/src/catalog/sections.ts";
import { createConfig } from "../../packages/worker/src/config/config.ts";
import { sweepPoison } from "../../packages/worker/src/services/poison-sweep.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createQuarantine } from "../../packages/worker/src/storage/quarantine.ts";
import { createTestDatabase } from "../support/database.ts";
import { goodSettings, holds, mutate, mutateBytes } from "../support/mutations.ts";
import { createRandom } from "../support/random.ts";
import { createFakeDisk, createSnapshotWorld, dumpOf } from "../support/snapshot-world.ts";
import { stateFaults } from "../support/state-counts.ts";
import { fillSmall, quickTurns } from "../support/state-faults.ts";

quickTurns();
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe("what is poisoned", () => {
  test(`${stateFaults.configs} mutated settings: every start succeeds, no setting is lost`, () => {
    const random = createRandom(7).next;
    const db = createTestDatabase();
    const clock = { now: () => 1, sleep: async () => {} };
    migrate(db, migrations, clock);
    for (let round = 0; round < stateFaults.configs; round += 1) {
      for (const table of ["config", "config_history", "config_seeds", "quarantine"]) db.run(`DELETE FROM ${table}`);
      const stored: Record<string, string> = {};
      for (const [section, value] of Object.entries(goodSettings)) {
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
      for (const section of Object.keys(goodSettings)) {
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

  test(`${stateFaults.snapshots} mutated snapshots: never a wrong restore, and the last good one always`, async () => {
    const random = createRandom(11).next;
    const world = createSnapshotWorld();
    fillSmall(world);
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
    for (let round = 0; round < stateFaults.snapshots; round += 1) {
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
    fillSmall(world);
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
