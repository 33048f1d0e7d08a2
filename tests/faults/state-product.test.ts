/**
 * The whole product: killed in the middle of snapshots and restores, on a full disk and on one that is read-only, with a
 * bucket that fails. Judged by what is there afterwards.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { connectClient } from "../support/client.ts";
import { createRandom } from "../support/random.ts";
import { type S3Server, startS3Server } from "../support/s3-server.ts";
import { type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";
import { stateFaults } from "../support/state-counts.ts";

const { kills } = stateFaults;

let server: Server | undefined;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await server?.dispose();
  server = undefined;
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function filled(messages: number, args: string[] = []): Promise<Server> {
  server = await startServer({ args });
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  addMessages(db, 1, messages);
  db.close();
  await server.restart();
  return server;
}

function countMessages(dataDir: string): number {
  const db = openDatabaseFile(dataDir);
  try {
    const left = db
      .prepare("SELECT name FROM sqlite_master WHERE name LIKE 'cut\\_%' ESCAPE '\\' OR name LIKE 'staged\\_%' ESCAPE '\\'")
      .all();
    expect(left).toEqual([]);
    return (db.prepare("SELECT count(*) AS n FROM messages WHERE session_key = 'agent:main:filled'").get() as { n: number }).n;
  } finally {
    db.close();
  }
}

test(`killed ${kills} times in snapshots and restores: nothing lost, nothing half, and the work goes on by itself`, async () => {
  const random = createRandom(3).next;
  const running = await filled(8_000);
  const host = () => snapshotHost(running);
  const first = await host().ended(await host().begin("create"));
  expect(first).toMatchObject({ state: "done" });
  for (let round = 0; round < kills; round += 1) {
    const isRestore = round % 2 === 1;
    await running.stop();
    const db = openDatabaseFile(running.dataDir);
    if (isRestore) db.exec("DELETE FROM messages WHERE seq > 100");
    else db.exec(`UPDATE messages SET superseded = 1 - superseded WHERE seq % 50 = ${round}`);
    db.close();
    await running.restart();
    const job = await host().begin(isRestore ? "restore" : "create", isRestore ? { id: first.snapshotId } : {});
    await new Promise((resolve) => setTimeout(resolve, random() * 1_500));
    await running.killTree();
    await running.restart();
    const ended = await host().ended(job);
    expect(ended, `round ${round}: ${ended.outcome}`).toMatchObject({ state: "done" });
    await running.stop();
    expect(countMessages(running.dataDir), `round ${round}`).toBe(8_000);
    await running.restart();
  }
});

const isRoot = process.getuid?.() === 0;

/** A disk of its own for a test, in memory. */
function smallDisk(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-small-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  cleanups.push(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describe("the disk of the data", () => {
  test.runIf(isRoot)(
    "is full: that is what is said, what was acknowledged stays, and with room it goes on by itself",
    async () => {
      const folder = smallDisk("32m");
      const running = await startServer({ dataDir: join(folder, "data") });
      server = running;
      const sessionKey = "agent:main:main";
      const ready = async () => {
        const answer = await fetch(new URL("readyz", running.url));
        return `${answer.status} ${/"code":"(DISK_FULL|INTERNAL)"/.exec(await answer.text())?.[1] ?? ""}`;
      };
      let client = await connectClient(running.url, { dataDir: running.dataDir });
      const send = async (message: string) => {
        const { runId } = await client.request("chat.send", { sessionKey, message, idempotencyKey: message.slice(0, 40) });
        await client.request("agent.wait", { runId, timeoutMs: 60_000 }, { timeoutMs: 70_000 });
      };
      await send("said before");
      const ballast = join(folder, "ballast");
      expect(() => writeFileSync(ballast, new Uint8Array(32_000_000))).toThrow(/ENOSPC/);
      const acknowledged: string[] = [];
      for (let at = 0; (await ready()) !== "507 DISK_FULL"; at += 1) {
        const message = `said to a full disk, ${at} ${"x".repeat(50_000)}`;
        await client
          .request("chat.send", { sessionKey, message, idempotencyKey: `full-${at}` }, { timeoutMs: 2_000 })
          .then(() => acknowledged.push(message.slice(0, 30)))
          .catch(() => undefined);
      }
      const doctor = await running.run("doctor");
      expect(JSON.stringify(doctor.events.at(-1))).toContain("DISK_FULL");
      client.close();

      rmSync(ballast);
      await expect.poll(ready, { timeout: 60_000 }).toBe("200 ");
      client = await connectClient(running.url, { dataDir: running.dataDir });
      await send("said after");
      const { messages } = await client.request("chat.history", { sessionKey });
      const told = messages.filter(({ role }) => role === "user").map(({ content }) => JSON.stringify(content));
      for (const words of ["said before", ...acknowledged, "said after"])
        expect(told.filter((text) => text.includes(words)).length, words).toBe(1);
      client.close();
    },
  );
});

describe("the disk of the snapshots", () => {
  test.runIf(isRoot)("is full, then read-only: said, nothing lost, and it works once there is room", async () => {
    const folder = smallDisk("1200k");
    const running = await filled(8_000, ["--snapshots", folder]);
    const host = snapshotHost(running);
    const full = await host.ended(await host.begin("create"));
    expect(full).toMatchObject({ state: "failed", outcome: expect.stringContaining("SNAPSHOT_STORE") });
    expect((await host.state()).snapshots).toEqual([]);
    execFileSync("mount", ["-o", "remount,size=60m", folder]);
    expect(await host.ended(await host.begin("create"))).toMatchObject({ state: "done" });
    execFileSync("mount", ["-o", "remount,ro", folder]);
    await running.stop();
    const db = openDatabaseFile(running.dataDir);
    addMessages(db, 9_000, 10);
    db.close();
    await running.restart();
    const readOnly = await host.ended(await host.begin("create"));
    expect(readOnly).toMatchObject({ state: "failed", outcome: expect.stringContaining("SNAPSHOT_STORE") });
    const { snapshots } = await host.state();
    expect(snapshots).toMatchObject([{ state: "verified" }]);
    execFileSync("mount", ["-o", "remount,rw", folder]);
    const [good] = snapshots;
    expect(await host.ended(await host.begin("restore", { id: good?.id }))).toMatchObject({ state: "done" });
  });
});

describe("a bucket", () => {
  const gates: [string, (s3: S3Server) => void][] = [
    ["answers 500", (s3) => void (s3.gate = (_, response) => !!response.writeHead(500).end())],
    ["answers 403", (s3) => void (s3.gate = (_, response) => !!response.writeHead(403).end("<Code>AccessDenied</Code>"))],
    [
      "cuts its answers off",
      (s3) =>
        void (s3.gate = (_, response) => {
          response.writeHead(200, { "content-length": "100000" });
          response.write("half", () => response.destroy());
          return true;
        }),
    ],
    [
      "is slow at first",
      (s3) => {
        let left = 3;
        s3.gate = (request, response) => {
          if (left-- <= 0) return false;
          setTimeout(() => response.writeHead(503).end(), 1_000);
          request.resume();
          return true;
        };
      },
    ],
  ];

  test("of an S3 server takes snapshots; each way to fail is said, and the assistant goes on", async () => {
    const s3 = await startS3Server();
    cleanups.push(() => s3.close());
    const running = await filled(500);
    const host = snapshotHost(running);
    const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
    await host.destination({ endpoint, bucket, accessKeyId, secretAccessKey, region: "us-east-1" });
    expect((await host.state()).place).toContain(bucket);
    const good = await host.ended(await host.begin("create"));
    expect(good).toMatchObject({ state: "done" });
    for (const [name, set] of gates) {
      set(s3);
      const job = await host.ended(await host.begin("create"));
      if (name === "is slow at first") expect(job, name).toMatchObject({ state: "done" });
      else
        expect(job, name).toMatchObject({
          state: "failed",
          outcome: expect.stringMatching(/moltbot-data at 127\.0\.0\.1.*SNAPSHOT_STORE/),
        });
      s3.gate = undefined;
      expect((await fetch(new URL("/readyz", running.url))).status).toBe(200);
      expect((await host.state()).snapshots.filter((row) => row.state === "verified").length).toBeGreaterThan(0);
    }
    expect(await host.ended(await host.begin("restore", { id: good.snapshotId }))).toMatchObject({ state: "done" });
  });
});
