/** The moment of a restore: only the new life says that it is done, and what the old one remembered is written nowhere. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { connectClient, gatewayTokenOf } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  addMessages(db, 1, 500, 400);
  db.close();
  await server.restart();
});
afterAll(() => server.dispose());

it("settings that are changed all the while are those of the snapshot once it is done, and nothing is asked twice for it", async () => {
  const host = snapshotHost(server);
  const connected = () => connectClient(server.url, { dataDir: server.dataDir });
  const first = await connected();
  await first.request("config.patch", { raw: JSON.stringify({ agent: { name: "Then", maxSteps: 33 } }) });
  const { snapshotId: id } = await host.ended(await host.begin("create"));
  // What the old life has in memory differs from the snapshot in everything.
  await first.request("config.patch", { raw: JSON.stringify({ agent: { name: "Now", maxSteps: 44 } }) });
  first.close();

  let isOver = false;
  const answered: string[] = [];
  const patching = [0, 1, 2].map(async (which) => {
    for (let round = 0; !isOver; round += 1) {
      const client = await connected().catch(() => undefined);
      // Each changes one field only: with the settings of before in memory, a write would bring back the other.
      while (client && !isOver) {
        const patched = client.request("config.patch", { raw: JSON.stringify({ agent: { name: `Late ${which} ${round}` } }) });
        if (!(await patched.then(() => true).catch(() => false))) break;
        answered.push("patched");
      }
      client?.close();
    }
  });
  const asking = (async () => {
    while (!isOver) {
      const answer = await fetch(new URL("/api/admin/storage", server.url), {
        headers: { authorization: `Bearer ${gatewayTokenOf(server.dataDir)}` },
      });
      answered.push(String(answer.status));
    }
  })();
  for (let round = 0; round < 4; round += 1) {
    const job = await host.ended(await host.begin("restore", { id }));
    expect(job).toMatchObject({ state: "done", outcome: expect.stringContaining("Went back to") });
    // The very next word, without a pause and without a second try, is of the new life.
    const state = await host.state();
    expect(state.jobs.find(({ id: one }) => one === job.id)).toMatchObject({ state: "done" });
    const client = await connected();
    const { config } = await client.request("config.get", {});
    expect((config.agent as { maxSteps: number }).maxSteps, `round ${round}`).toBe(33);
    await client.request("config.patch", { raw: JSON.stringify({ agent: { maxSteps: 44 } }) });
    client.close();
  }
  isOver = true;
  await Promise.all([...patching, asking]);
  expect(answered.filter((word) => word === "patched").length).toBeGreaterThan(10);
  expect(new Set(answered)).toEqual(new Set(["patched", "200"]));
});
