/** Snapshots that nobody asks for: the timer makes one when it is due, also when that passed while the assistant was off. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

const hourMs = 3_600_000;
let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.dispose());

const database = <Value>(work: (db: ReturnType<typeof openDatabaseFile>) => Value): Value => {
  const db = openDatabaseFile(server.dataDir);
  try {
    return work(db);
  } finally {
    db.close();
  }
};
const dueAt = () =>
  database((db) => db.prepare("SELECT due_at FROM timers WHERE name = 'snapshots'").get() as { due_at: number } | undefined)
    ?.due_at;

/** A stopped assistant gets `messages` more rows, and its schedule comes due at this time; then it starts. */
async function startWith(messages: { first: number; count: number }, due: number): Promise<void> {
  await server.stop();
  database((db) => {
    addMessages(db, messages.first, messages.count);
    db.prepare("UPDATE timers SET due_at = ? WHERE name = 'snapshots'").run(due);
  });
  await server.restart();
}

/** Verdicts in the folder of the snapshots: looked at from outside, so that nobody wakes the assistant by asking. */
function proved(): string[] {
  const folder = join(server.dataDir, "snapshots", "verdicts");
  return existsSync(folder) ? readdirSync(folder) : [];
}
const state = () => snapshotHost(server).state();

it("a fresh assistant has one due in six hours", async () => {
  const due = Number(dueAt());
  expect(due - Date.now()).toBeGreaterThan(5 * hourMs);
  expect(due - Date.now()).toBeLessThanOrEqual(6 * hourMs);
  expect(await state()).toMatchObject({ snapshots: [], nextAt: due });
});

it("when it is due one is made and proved, and the next is due six hours later", async () => {
  await startWith({ first: 1, count: 500 }, Date.now() + 5_000);
  await expect.poll(proved, { timeout: 60_000 }).toHaveLength(1);
  await expect.poll(async () => (await state()).jobs[0]?.state, { timeout: 20_000 }).toBe("done");
  const { snapshots, jobs, nextAt } = await state();
  expect(jobs).toMatchObject([{ kind: "create", outcome: expect.stringContaining("Made and proved") }]);
  expect(snapshots).toMatchObject([{ id: jobs[0]?.snapshotId, reason: "schedule", state: "verified" }]);
  expect(Number(nextAt) - Date.now()).toBeGreaterThan(5 * hourMs);
});

it("one that came due while it was off is made at the start, once; of one hour the newest stays", async () => {
  const [before] = proved();
  await startWith({ first: 1_000, count: 500 }, Date.now() - 30 * hourMs);
  await expect.poll(() => proved().some((name) => name !== before), { timeout: 60_000 }).toBe(true);
  await expect.poll(async () => (await state()).jobs[0]?.state, { timeout: 20_000 }).toBe("done");
  const { snapshots, jobs, nextAt } = await state();
  expect(jobs.length).toBe(2);
  expect(snapshots[0]).toMatchObject({ id: jobs[0]?.snapshotId, reason: "schedule", state: "verified" });
  const hours = snapshots.map(({ createdAt }) => Math.floor(createdAt / hourMs));
  expect(hours).toEqual([...new Set(hours)]);
  expect(Number(nextAt) - Date.now()).toBeGreaterThan(5 * hourMs);
});

it("a shorter schedule counts from now, and none is made once it is off", async () => {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  await client.request("config.patch", { raw: JSON.stringify({ snapshots: { everyHours: 1 } }) });
  const sooner = Number((await state()).nextAt) - Date.now();
  expect(sooner).toBeGreaterThan(hourMs / 2);
  expect(sooner).toBeLessThanOrEqual(hourMs);
  await client.request("config.patch", { raw: JSON.stringify({ snapshots: { everyHours: 0 } }) });
  expect((await state()).nextAt).toBeNull();
  expect(dueAt()).toBeUndefined();
  client.close();
});
