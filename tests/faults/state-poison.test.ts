/** Mutated settings, mutated snapshots, rows that are rubbish: every start succeeds, nothing is lost, the last good one restores. */

import { describe, expect, test } from "vitest";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { sections } from "../../packages/worker/src/catalog/sections.ts";
import { createConfig } from "../../packages/worker/src/config/config.ts";
import { sweepPoison } from "../../packages/worker/src/services/poison-sweep.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createQuarantine } from "../../packages/worker/src/storage/quarantine.ts";
import { createTestDatabase } from "../support/database.ts";
import { createRandom } from "../support/random.ts";
import { createFakeDisk, createSnapshotWorld, dumpOf } from "../support/snapshot-world.ts";
import { stateFaults } from "../support/state-counts.ts";
import { fillSmall, quickTurns } from "../support/state-faults.ts";

quickTurns();
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe("what is poisoned", () => {
  test(`${stateFaults.configs} mutated settings: every start succeeds, no setting is lost`, () => {
    const random = createRandom(7).next;
    const good: Record<string, object> = {
      agent: { name: "Lobster" },
      providers: { openai: { baseUrl: "https://a.example/" } },
      access: { allowed: ["a@b.example"] },
      snapshots: { everyHours: 12 },
    };
    for (let round = 0; round < stateFaults.configs; round += 1) {
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
