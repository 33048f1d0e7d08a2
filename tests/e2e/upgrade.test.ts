/** A release meets the data of the ones before it: it upgrades behind a snapshot, or takes everything back and says why. */

import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

const folder = new URL("../schemas/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));

let server: Server | undefined;
afterEach(async () => {
  await server?.dispose();
  server = undefined;
});

/** A stopped assistant whose file holds what this SQL makes, and nothing else. */
async function holding(sql: string): Promise<Server> {
  server = await startServer();
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  const tables = db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    )
    .all() as { name: string }[];
  for (const { name } of tables) db.exec(`DROP TABLE "${name}"`);
  db.exec(sql);
  db.close();
  return server;
}

it.each(files)("the product starts on the data of %s", async (name) => {
  const running = await holding(readFileSync(new URL(name, folder), "utf8"));
  await running.restart();
  const client = await connectClient(running.url, { dataDir: running.dataDir });
  const { messages } = await client.request("chat.history", { sessionKey: "agent:main:main" });
  expect(JSON.stringify(messages)).toContain("It is the frozen schema that speaks.");
  client.close();
});

/** As an older release left it: the last migrations never ran. */
function olderBy(count: number, server: Server): string[] {
  const db = openDatabaseFile(server.dataDir);
  const names = (
    db.prepare("SELECT name FROM schema_migrations ORDER BY position DESC LIMIT ?").all(count) as { name: string }[]
  ).map(({ name }) => name);
  for (const table of ["snapshot_jobs", "snapshot_marks", "quarantine"]) db.exec(`DROP TABLE ${table}`);
  db.exec(
    "DELETE FROM schema_migrations WHERE name = '0022-snapshots' OR position > (SELECT position FROM schema_migrations WHERE name = '0022-snapshots')",
  );
  db.close();
  return names;
}

it("an upgrade that cannot be done takes itself back, says so, and leaves a proved snapshot; then it is done", async () => {
  const [first] = files;
  const running = await holding(readFileSync(new URL(first as string, folder), "utf8"));
  olderBy(1, running);
  const spoil = openDatabaseFile(running.dataDir);
  // The next migration makes a table of this name.
  spoil.exec("CREATE TABLE quarantine (something TEXT)");
  spoil.close();
  const dump = () => {
    const db = openDatabaseFile(running.dataDir);
    const rows = db
      .prepare("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name")
      .all();
    const applied = db.prepare("SELECT count(*) AS n FROM schema_migrations").get();
    const messages = db.prepare("SELECT id, body FROM messages ORDER BY id").all();
    db.close();
    return JSON.stringify([rows, applied, messages]);
  };
  const before = dump();
  const refusal = await running.restart().then(
    () => "it started",
    (error: Error) => error.message,
  );
  expect(refusal).toContain("MIGRATION_FAILED");
  expect(refusal).toContain("taken back");
  expect(dump()).toBe(before);

  const mend = openDatabaseFile(running.dataDir);
  mend.exec("DROP TABLE quarantine");
  mend.close();
  await running.restart();
  const client = await connectClient(running.url, { dataDir: running.dataDir });
  const { messages } = await client.request("chat.history", { sessionKey: "agent:main:main" });
  expect(messages.length).toBe(6);
  client.close();
  const { snapshots } = await snapshotHost(running).state();
  expect(snapshots.some(({ reason, state }) => reason === "upgrade" && state === "verified")).toBe(true);
});
