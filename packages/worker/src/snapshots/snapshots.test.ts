import { describe, expect, test } from "vitest";
import {
  addMessage,
  createFakeDisk,
  createSnapshotWorld,
  dumpOf,
  fillAssistant,
} from "../../../../tests/support/snapshot-world.ts";

const objects = (files: Map<string, unknown>) => [...files.keys()].filter((name) => /^(chunks|blobs)\//.test(name));
const bytes = (text: string) => new TextEncoder().encode(text);

async function filled(messages?: number) {
  const world = createSnapshotWorld();
  fillAssistant(world, messages);
  await world.blobs.put("blob_1", bytes("a picture"), "image/png");
  return world;
}

describe("a snapshot", () => {
  test("is proved before it counts, and brings everything back into an empty assistant", async () => {
    const world = await filled();
    world.db.run(
      "INSERT INTO secrets (name, value, source, version, changed_at) VALUES ('provider.openai.key', 'sk-canary', 'typed', 1, 1)",
    );
    const id = await world.made();
    expect((await world.snapshots.state()).snapshots).toMatchObject([{ id, state: "verified", kept: true, encrypted: false }]);
    const other = createSnapshotWorld({ disk: world.disk });
    expect(await other.ended(other.snapshots.restore(id, undefined, true))).toMatch(
      /^done: Went back to 2026-11-28 12:00 UTC with everything/,
    );
    expect(dumpOf(other.db)).toBe(dumpOf(world.db));
    expect(await other.blobs.bytes("blob_1")).toEqual(bytes("a picture"));
    expect(other.restarts).toBe(1);
    // Nothing readable in the store holds a key, and the person is told which to type again.
    for (const [name, content] of world.disk.files)
      expect(Buffer.from(content).toString("latin1"), name).not.toContain("sk-canary");
    expect((await other.snapshots.contents(id)).missingSecrets).toEqual(["provider.openai.key"]);
    expect(world.db.all("SELECT name FROM sqlite_master WHERE name LIKE 'cut%' OR name LIKE 'staged%'")).toEqual([]);
  });

  test("writes again only what changed", async () => {
    const world = await filled(3_000);
    await world.made();
    const before = objects(world.disk.files).length;
    world.advance(3_600_000);
    world.db.run("UPDATE messages SET superseded = 1 WHERE seq = 1700");
    await world.made();
    expect(objects(world.disk.files).length - before).toBe(1);
    addMessage(world.db, 3_001, "one more");
    await world.made();
    expect(objects(world.disk.files).length - before).toBeLessThanOrEqual(3);
    expect(before).toBeGreaterThan(8);
  });

  test("by schedule is not made when nothing changed", async () => {
    const world = await filled();
    const id = await world.made();
    world.advance(3_600_000);
    expect(await world.ended(world.snapshots.create("schedule"))).toBe("done: Nothing has changed since the last good snapshot.");
    expect((await world.snapshots.state()).snapshots.map((row) => row.id)).toEqual([id]);
  });

  test("is of one moment, whatever is written while it is made", async () => {
    const world = await filled(2_500);
    const before = dumpOf(world.db);
    let turn = 0;
    world.disk.before = () => {
      turn += 1;
      addMessage(world.db, 10_000 + turn, "later");
      world.db.run("UPDATE messages SET body = 'changed' WHERE seq = ?", (turn * 37) % 2_500);
      world.db.run("DELETE FROM messages WHERE seq = ?", (turn * 53) % 2_500);
      world.db.run("INSERT OR REPLACE INTO marks (name, value) VALUES ('m', ?)", String(turn));
      world.workspace.apply([{ path: "MEMORY.md", content: bytes(`turn ${turn}`) }]);
      return undefined;
    };
    const job = world.snapshots.create("button");
    await world.ended(job);
    world.disk.before = undefined;
    expect(turn).toBeGreaterThan(10);
    const { snapshots } = await world.snapshots.state();
    const other = createSnapshotWorld({ disk: world.disk });
    await other.ended(other.snapshots.restore(snapshots[0]?.id ?? "", undefined, true));
    // The listing before the cut is a request too, so the moment is after its changes.
    const [at] = [before, dumpOf(other.db)].map((dump) => dump.split("\n").length);
    expect(dumpOf(other.db)).not.toBe(dumpOf(world.db));
    expect(at).toBeGreaterThan(2_000);
    const later = other.db.all("SELECT seq FROM messages WHERE seq >= 10000").length;
    const mark = other.db.one<{ value: string }>("SELECT value FROM marks WHERE name = 'm'")?.value;
    const memory = Buffer.from(other.workspace.read("MEMORY.md") ?? []).toString();
    // Three tables, one moment: each tells the same number of turns.
    expect([String(later), `turn ${later}`]).toEqual([mark, memory]);
  });
});

describe("what is damaged", () => {
  test.each(["changed", "cut off", "missing", "emptied"])(
    "a chunk that is %s is found, put aside, and written again at once",
    async (how) => {
      const world = await filled();
      const id = await world.made();
      const [name = ""] = objects(world.disk.files);
      const good = world.disk.files.get(name) as Uint8Array;
      if (how === "changed")
        world.disk.files.set(
          name,
          good.map((byte, at) => (at === good.length >> 1 ? byte ^ 1 : byte)),
        );
      if (how === "cut off") world.disk.files.set(name, good.slice(0, good.length / 2));
      if (how === "emptied") world.disk.files.set(name, new Uint8Array());
      if (how === "missing") world.disk.files.delete(name);
      expect(await world.ended(world.snapshots.verify(id))).toMatch(/^failed: .*SNAPSHOT_DAMAGED/);
      expect((await world.snapshots.state()).snapshots[0]).toMatchObject({
        id,
        state: "damaged",
        error: expect.stringContaining("object"),
      });
      world.advance(1_000);
      await world.made();
      expect(world.disk.files.get(name)).toEqual(good);
      expect([...world.disk.files.keys()].some((path) => path.startsWith("quarantine/"))).toBe(how !== "missing");
      expect(await world.ended(world.snapshots.verify(id))).toMatch(/^done/);
    },
  );

  test("a snapshot made while the store holds a damaged object repairs itself", async () => {
    const world = await filled();
    await world.made();
    const [name = ""] = objects(world.disk.files);
    world.disk.files.set(name, bytes("rubbish"));
    world.advance(1_000);
    expect(await world.ended(world.snapshots.create("button"))).toMatch(/^failed: .*another is made at once/);
    await expect
      .poll(async () => (await world.snapshots.state()).jobs[0]?.outcome, { timeout: 20_000 })
      .toMatch(/Made and proved/);
  });

  test.each([
    ["not JSON", () => bytes("{")],
    ["another's", (text: string) => bytes(text.replace(/snap_\w/, "snap_z"))],
    ["altered", (text: string) => bytes(text.replace(/"body":"....../, '"body":"AAAAAA'))],
    ["of another format", (text: string) => bytes(text.replace("snapshot/1", "snapshot/9"))],
  ])("a list of contents that is %s is listed as damaged; the others are not touched", async (_, spoil) => {
    const world = await filled();
    const first = await world.made();
    world.advance(3_600_000);
    const second = await world.made();
    const name = `manifests/${second}.json`;
    world.disk.files.set(name, spoil(new TextDecoder().decode(world.disk.files.get(name))));
    expect((await world.snapshots.state()).snapshots).toMatchObject([
      { id: second, state: "damaged" },
      { id: first, state: "verified", kept: true },
    ]);
    expect(await world.ended(world.snapshots.restore(second))).toMatch(/^failed: .*(SNAPSHOT_DAMAGED)/);
    expect(await world.ended(world.snapshots.restore(first))).toMatch(/^done/);
  });

  test("an attachment whose bytes are gone is said, and stops nothing", async () => {
    const world = await filled();
    world.attachments.files.clear();
    const id = await world.made();
    expect((await world.snapshots.contents(id)).lost).toEqual([{ id: "blob_1", why: "its bytes are gone" }]);
  });
});

describe("restoring", () => {
  test("goes back, keeps grants, spending and the audit, and can be undone", async () => {
    const world = await filled();
    const before = dumpOf(world.db);
    const id = await world.made();
    world.advance(60_000);
    world.db.run("DELETE FROM messages WHERE seq > 20");
    world.db.run("UPDATE config SET value = '{}'");
    world.workspace.apply([{ path: "MEMORY.md", content: null }]);
    world.db.run("INSERT INTO audit (at, who, surface, action, outcome) VALUES (1, 'owner', 'http', 'x', 'ok')");
    world.db.run(
      "INSERT INTO runs (id, session_key, channel, principal, state, created_at) VALUES ('run_1', 's', 'web', '{}', 'done', 1)",
    );
    const after = dumpOf(world.db);
    expect(await world.ended(world.snapshots.restore(id))).toMatch(/^done/);
    expect(dumpOf(world.db)).toBe(before);
    expect(world.db.all("SELECT who FROM audit")).toHaveLength(1);
    expect(await world.ended(world.snapshots.undo())).toMatch(/^done/);
    expect(dumpOf(world.db)).toBe(after);
  });

  test("one conversation, one file or the settings alone", async () => {
    const world = await filled(50);
    const id = await world.made();
    world.db.run("INSERT INTO sessions (key, session_id, created_at, updated_at) VALUES ('agent:main:new', 's2', 2, 2)");
    world.db.run("DELETE FROM messages");
    world.db.run("UPDATE config SET value = '{}'");
    world.workspace.apply([{ path: "MEMORY.md", content: bytes("forgot") }]);
    await world.ended(world.snapshots.restore(id, [{ kind: "session", name: "agent:main:main" }]));
    expect(world.db.one("SELECT count(*) AS n FROM messages")).toEqual({ n: 50 });
    expect(world.db.all("SELECT key FROM sessions ORDER BY key")).toHaveLength(2);
    expect(Buffer.from(world.workspace.read("MEMORY.md") ?? []).toString()).toBe("forgot");
    await world.ended(world.snapshots.restore(id, [{ kind: "file", name: "MEMORY.md" }, { kind: "config" }]));
    expect(Buffer.from(world.workspace.read("MEMORY.md") ?? []).toString()).toBe("likes tea");
    expect(world.db.one("SELECT value FROM config")).toEqual({ value: '{"name":"Lobster"}' });
    expect(await world.ended(world.snapshots.restore(id, [{ kind: "file", name: "none.md" }]))).toMatch(
      /^failed: .*no file none.md/,
    );
  });

  test("what was going on at that moment is ended, not done again", async () => {
    const world = await filled(5);
    world.db.run(
      "INSERT INTO runs (id, session_key, channel, principal, state, created_at) VALUES ('run_1', 's', 'web', '{}', 'running', 1)",
    );
    world.db.run(
      "INSERT INTO outbox (id, dedupe_key, session_key, run_id, channel, message_id, state, created_at, updated_at) VALUES ('o', 'd', 's', 'run_1', 'telegram', 'm', 'prepared', 1, 1)",
    );
    const id = await world.made();
    await world.ended(world.snapshots.restore(id));
    expect(world.db.one("SELECT state, stop_reason FROM runs")).toEqual({ state: "aborted", stop_reason: "restored" });
    expect(world.db.one("SELECT state FROM outbox")).toEqual({ state: "unknown" });
  });

  test("a snapshot of a newer version is refused in words", async () => {
    const { migrations } = await import("../catalog/migrations.ts");
    const newer = createSnapshotWorld({
      migrations: [...migrations, { name: "9999-later", statements: ["CREATE TABLE later (a)"] }],
    });
    const id = await newer.made();
    const world = createSnapshotWorld({ disk: newer.disk });
    expect(await world.ended(world.snapshots.restore(id))).toMatch(/newer version.*SNAPSHOT_NEWER/);
  });
});

describe("retention and questions", () => {
  test("the last good one stays, unproved ones do not take its place, unnamed objects go", async () => {
    const world = await filled();
    world.settings.keep = { hourly: 1, daily: 0, weekly: 0 };
    const scheduled = async () => (await world.snapshots.settled(world.snapshots.create("schedule"))).snapshotId ?? "";
    const asked = await world.made();
    world.db.run("DELETE FROM workspace_chunks WHERE path = 'big.bin' AND part = 1");
    world.advance(3_600_000);
    const first = await scheduled();
    expect((await world.snapshots.state()).snapshots.map((row) => row.id)).toEqual([first, asked]);
    const before = objects(world.disk.files).length;
    world.advance(8 * 24 * 3_600_000);
    world.db.run("UPDATE messages SET superseded = 1 WHERE seq = 3");
    const second = await scheduled();
    expect((await world.snapshots.state()).snapshots.map((row) => row.id)).toEqual([second]);
    expect(objects(world.disk.files).length).toBeLessThan(before);
    expect(await world.ended(world.snapshots.verify(second))).toMatch(/^done/);
  });

  test("a sudden shrink drops nothing until a person has answered", async () => {
    const world = await filled();
    world.settings.keep = { hourly: 1, daily: 0, weekly: 0 };
    const full = await world.made();
    world.db.run("DELETE FROM messages WHERE seq > 10");
    world.db.run("DELETE FROM workspace_chunks");
    world.advance(8 * 24 * 3_600_000);
    const small = await world.made();
    const state = await world.snapshots.state();
    expect(state.shrink).toMatchObject({ id: small, before: { id: full } });
    expect(state.snapshots.map((row) => row.id)).toEqual([small, full]);
    await world.snapshots.settle(small, true);
    expect((await world.snapshots.state()).snapshots.map((row) => row.id)).toEqual([small]);
  });

  test("answered with no, the small one goes", async () => {
    const world = await filled();
    const full = await world.made();
    world.db.run("DELETE FROM messages");
    world.advance(3_600_000);
    const small = await world.made();
    await world.snapshots.settle(small, false);
    expect(await world.snapshots.state()).toMatchObject({ shrink: null, snapshots: [{ id: full }] });
  });
});

describe("work", () => {
  test("can be stopped; nothing of it exists then", async () => {
    const world = await filled();
    world.disk.before = (method, name) => {
      if (method === "PUT" && name.startsWith("chunks/")) world.snapshots.abort();
      return undefined;
    };
    expect(await world.ended(world.snapshots.create("button"))).toBe("aborted: It was stopped.");
    expect((await world.snapshots.state()).snapshots).toEqual([]);
  });

  test("that a kill cut off is taken up again", async () => {
    const world = await filled();
    world.disk.before = () => new Promise(() => {});
    world.snapshots.create("button");
    await new Promise((resolve) => setTimeout(resolve, 10));
    const next = createSnapshotWorld({ db: world.db, disk: createFakeDisk(world.disk.files), attachments: world.attachments });
    next.snapshots.recover();
    const [job] = (await next.snapshots.state()).jobs;
    expect(await next.ended(job?.id ?? "")).toBe("done: Made and proved.");
  });

  test("says how far it is: what it does, and rows done of rows in all, which only rise", async () => {
    const world = createSnapshotWorld();
    fillAssistant(world, 2_000);
    // Every word is of another moment.
    const speaking = setInterval(() => world.advance(300), 1);
    await world.made();
    clearInterval(speaking);
    const phases = [...new Set(world.announced.map(({ phase }) => phase).filter(Boolean))];
    expect(phases).toEqual(["reading", "proving", "tidying"]);
    for (const phase of ["reading", "proving"]) {
      const said = world.announced.filter((job) => job.phase === phase && job.totalRows > 0);
      expect(said.every(({ doneRows, totalRows }) => doneRows <= totalRows)).toBe(true);
      expect(said.map(({ doneRows }) => doneRows)).toEqual(said.map(({ doneRows }) => doneRows).sort((a, b) => a - b));
      expect(said.at(-1)?.totalRows).toBeGreaterThan(2_000);
    }
    expect(world.announced.at(-1)).toMatchObject({ state: "done", outcome: "Made and proved." });
  });

  test("tells what changed", async () => {
    const world = await filled();
    const id = await world.made();
    world.db.run("UPDATE messages SET superseded = 1 WHERE seq = 7");
    addMessage(world.db, 301, "x");
    world.workspace.apply([{ path: "MEMORY.md", content: bytes("likes coffee") }]);
    const found = await world.snapshots.diff(id);
    expect(found.tables).toContainEqual({ table: "messages", added: 1, removed: 0, changed: 1 });
    expect(found).toMatchObject({ sessions: ["agent:main:main"], files: ["MEMORY.md"], settings: [] });
    const second = await world.made();
    expect((await world.snapshots.diff(id, second)).tables).toEqual(found.tables);
    expect((await world.snapshots.diff(second)).tables).toEqual([]);
  });
});
