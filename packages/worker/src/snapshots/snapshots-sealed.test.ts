/** Snapshots under a passphrase: what they hold, who opens them, and a key that has become rubbish. */

import { createDecipheriv, createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createSnapshotWorld, fillAssistant } from "../../../../tests/support/snapshot-world.ts";
import { readHead, readManifest } from "./manifest.ts";

async function filled() {
  const world = createSnapshotWorld();
  fillAssistant(world);
  await world.blobs.put("blob_1", new TextEncoder().encode("a picture"), "image/png");
  return world;
}

const objectsIn = (files: Map<string, unknown>) => [...files.keys()].filter((name) => /^(chunks|blobs)\//.test(name));

test("with a passphrase holds secrets, is unreadable without it, and is opened by it elsewhere", async () => {
  const world = await filled();
  world.db.run(
    "INSERT INTO secrets (name, value, source, version, changed_at) VALUES ('provider.openai.key', 'sk-canary', 'typed', 1, 1)",
  );
  await world.destination.setPassphrase("correct horse");
  const id = await world.made();
  const other = createSnapshotWorld({ disk: world.disk });
  expect(await other.ended(other.snapshots.restore(id, undefined, true))).toMatch(/failed: .*passphrase.*SNAPSHOT_PASSPHRASE/);
  const store = other.destination.store();
  const unlock = async (words: string) =>
    other.destination.learn(words, await readHead(store, id), (seal) => readManifest(store, id, async () => seal));
  await expect(unlock("wrong horse")).rejects.toThrow(expect.objectContaining({ code: "SNAPSHOT_PASSPHRASE" }));
  await unlock("correct horse");
  expect(await other.ended(other.snapshots.restore(id, undefined, true))).toMatch(/^done/);
  expect(other.db.one("SELECT value FROM secrets WHERE name = 'provider.openai.key'")).toEqual({ value: "sk-canary" });
  // Without the key equal content has another name each time, and nothing of it shows.
  for (const [name, content] of world.disk.files) expect(Buffer.from(content).toString("latin1"), name).not.toContain("lorem");
});

test("with a passphrase is opened by what the guide says of it, without the product", async () => {
  const world = await filled();
  await world.destination.setPassphrase("correct horse");
  const id = await world.made();
  const file = (name: string) => world.disk.files.get(name) as Uint8Array;
  const head = JSON.parse(Buffer.from(file(`manifests/${id}.json`)).toString("utf8"));
  const { salt, iterations, rounds } = head.encryption as { salt: string; iterations: number; rounds: number };
  let key = Buffer.from("correct horse", "utf8");
  for (let round = 0; round < rounds; round += 1) key = pbkdf2Sync(key, Buffer.from(salt, "hex"), iterations, 32, "sha256");
  const open = (bytes: Uint8Array) => {
    const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
  };
  const { tables } = JSON.parse(gunzipSync(open(Buffer.from(head.body, "base64"))).toString("utf8")) as {
    tables: { name: string; columns: string[]; chunks: { name: string; sha256: string }[] }[];
  };
  const messages = tables.find(({ name }) => name === "messages");
  const lines = (messages?.chunks ?? []).flatMap(({ name, sha256 }) => {
    const rows = gunzipSync(open(file(name)));
    expect(createHash("sha256").update(rows).digest("hex")).toBe(sha256);
    const mark = createHmac("sha256", createHash("sha256").update(key).digest()).update(Buffer.from(sha256, "hex"));
    expect(name).toContain(mark.digest("hex"));
    return rows.toString("utf8").trimEnd().split("\n");
  });
  const bodies = lines.map((line) => (JSON.parse(line) as unknown[])[messages?.columns.indexOf("body") ?? -1]);
  expect(bodies).toEqual(world.db.all<{ body: string }>("SELECT body FROM messages ORDER BY id").map(({ body }) => body));
});

test("whose key is rubbish is said, nothing is written unencrypted, and the passphrase set again cures it", async () => {
  const world = await filled();
  await world.destination.setPassphrase("correct horse");
  const id = await world.made();
  const before = [...world.disk.files.keys()];
  for (const rubbish of ["{half", "[]", '{"inUse":true,"keys":[{"key":1}]}']) {
    world.db.run("UPDATE secrets SET value = ? WHERE name = 'snapshots.seal'", rubbish);
    const failed = /^failed: the key of the snapshots' passphrase cannot be read any more \(SNAPSHOT_PASSPHRASE\)/;
    expect(await world.ended(world.snapshots.create("button"))).toMatch(failed);
    expect(await world.snapshots.state()).toMatchObject({ encrypted: true, snapshots: [{ id, state: "verified" }] });
  }
  expect([...world.disk.files.keys()]).toEqual(before);
  await world.destination.setPassphrase("correct horse");
  const next = await world.made();
  const other = createSnapshotWorld({ disk: world.disk });
  const store = other.destination.store();
  for (const one of [id, next])
    await other.destination.learn("correct horse", await readHead(store, one), (seal) =>
      readManifest(store, one, async () => seal),
    );
  expect(await other.ended(other.snapshots.verify(id))).toMatch(/^done/);
});

test("the same passphrase again writes nothing anew", async () => {
  const world = await filled();
  await world.destination.setPassphrase("correct horse");
  await world.made();
  const before = objectsIn(world.disk.files).length;
  await world.destination.setPassphrase(null);
  await world.destination.setPassphrase("correct horse");
  await world.made();
  // The row of the key itself changed.
  expect(objectsIn(world.disk.files).length - before).toBeLessThanOrEqual(1);
});
