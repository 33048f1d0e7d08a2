/** Snapshots in the real runtime: a real R2 binding, the Durable Object's own SQLite, and tables that change places. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { migrations } from "../catalog/migrations.ts";
import { systemClock } from "../platform/clock.ts";
import { createBlobs } from "../storage/blobs.ts";
import { createDatabase, type Database } from "../storage/database.ts";
import { migrate } from "../storage/migrations.ts";
import { readManifest } from "./manifest.ts";
import { createSeal, deriveKey } from "./seal.ts";
import { planRestore, swapIn } from "./staged.ts";
import { createStagedScratch, isPresentSchema } from "./staged-scratch.ts";
import { below } from "./store.ts";
import { createBindingStore } from "./store-bindings.ts";
import { verifySnapshot } from "./verify-snapshot.ts";
import { writeSnapshot } from "./write-snapshot.ts";

const bindings = env as { TEST_OBJECT: DurableObjectNamespace; BLOBS: R2Bucket };
const signal = new AbortController().signal;
const storeIn = (folder: string) => below(createBindingStore(bindings.BLOBS), `${folder}/`);

describe("an R2 bucket as a store", () => {
  test("gives back what was written, nothing for what is not there, and forgets what was deleted", async () => {
    const store = storeIn("plain");
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    await store.put("chunks/aa/one", bytes);
    expect(await store.get("chunks/aa/one")).toEqual(bytes);
    expect(await store.get("chunks/aa/two")).toBeUndefined();
    await store.put("chunks/aa/one", bytes);
    expect(await store.list("chunks/")).toEqual([{ name: "chunks/aa/one", size: 60_000 }]);
    await store.delete("chunks/aa/one");
    await store.delete("chunks/aa/one");
    expect([await store.get("chunks/aa/one"), await store.list("chunks/")]).toEqual([undefined, []]);
  });

  test("lists more than one page, and no neighbour's objects", async () => {
    const store = storeIn("many");
    await storeIn("many-others").put("x/0", new Uint8Array(1));
    const names = Array.from({ length: 1_010 }, (_, index) => `x/${String(index).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 200)
      await Promise.all(names.slice(at, at + 200).map((name) => store.put(name, new Uint8Array(1))));
    expect((await store.list("x/")).map(({ name }) => name).sort()).toEqual(names);
  }, 120_000);

  test("that fails is said as a failure that may pass", async () => {
    const broken = { ...bindings.BLOBS, put: () => Promise.reject(new Error("internal error; please retry (10001)")) };
    const store = createBindingStore(Object.setPrototypeOf(broken, Object.getPrototypeOf(bindings.BLOBS)) as R2Bucket);
    await expect(store.put("x", new Uint8Array(1))).rejects.toMatchObject({ code: "SNAPSHOT_STORE", retryable: true });
  });
});

function fill(db: Database): void {
  migrate(db, migrations, systemClock);
  db.run("INSERT INTO sessions (key, session_id, created_at, updated_at, next_seq) VALUES ('agent:main:main', 's', 1, 1, 900)");
  for (let seq = 1; seq <= 300; seq += 1)
    db.run(
      "INSERT INTO messages (id, session_key, revision, seq, role, body, created_at) VALUES (?, 'agent:main:main', 1, ?, 'user', ?, ?)",
      `msg_${seq}`,
      seq,
      JSON.stringify({ role: "user", content: `🦞 ${"tea ".repeat(200)}${seq}` }),
      seq,
    );
  db.run("INSERT INTO workspace_files (path, size_bytes, updated_at, revision) VALUES ('a.bin', 9, 1, 1)");
  db.run("INSERT INTO workspace_chunks (path, part, data) VALUES ('a.bin', 0, ?)", new Uint8Array(900_000).fill(3).buffer);
}

const wordsOf = (db: Database) =>
  JSON.stringify([
    db.all("SELECT * FROM messages ORDER BY id"),
    db.all("SELECT path, part, length(data) AS n FROM workspace_chunks"),
    db.all("SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY type, name"),
  ]);

test.each([false, true])(
  "a snapshot on R2, sealed %s: made beside a writer, proved in place, put in place by name",
  (sealed) =>
    runInDurableObject(bindings.TEST_OBJECT.getByName(`snapshot-${sealed}`), async (_, state) => {
      const db = createDatabase(state.storage);
      fill(db);
      const blobs = createBlobs(bindings.BLOBS, db, systemClock);
      await blobs.put(`blob_${sealed}`, new TextEncoder().encode("a picture"), "image/png");
      const before = wordsOf(db);
      const [store, seal] = [storeIn(`snapshots-${sealed}`), createSeal(sealed ? await deriveKey("lobsters walk") : undefined)];
      const id = `snap_${"0".repeat(25)}${sealed ? 1 : 0}`;
      let wrote = false;
      const { head } = await writeSnapshot(
        { db, blobs },
        { store, seal },
        { id, createdAt: 5, reason: "button", version: "0.1.0" },
        () => {
          // Somebody writes while it is made: the snapshot is of the moment before.
          if (!wrote) db.run("UPDATE messages SET body = '\"changed\"' WHERE seq > 100");
          wrote = true;
        },
        signal,
      );
      expect([wrote, head?.id]).toEqual([true, id]);
      db.run("DELETE FROM messages WHERE seq < 50");
      const manifest = await readManifest(store, id, async () => seal);
      expect(isPresentSchema(db, manifest)).toBe(true);
      await verifySnapshot(manifest, { store, seal }, createStagedScratch(db), () => {}, signal);
      const portions = planRestore(db, new Set(manifest.tables.map(({ name }) => name)), undefined, false);
      db.transaction(() => swapIn(db, portions, 1));
      expect(wordsOf(db)).toBe(before);
      // Its indexes and constraints came along.
      expect(() => db.run("INSERT INTO messages SELECT * FROM messages WHERE seq = 1")).toThrow(/UNIQUE/);

      const [chunk] = await store.list("chunks/");
      await store.put(chunk?.name ?? "", new Uint8Array([1, 2, 3]));
      await expect(verifySnapshot(manifest, { store, seal }, createStagedScratch(db), () => {}, signal)).rejects.toMatchObject({
        code: "SNAPSHOT_DAMAGED",
      });
      expect(wordsOf(db)).toContain("tea tea");
    }),
  60_000,
);
