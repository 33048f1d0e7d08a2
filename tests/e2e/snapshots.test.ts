/** Snapshots by the command and over HTTP, against the built product: a bucket, a passphrase, single items, and no assistant at all. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient, gatewayTokenOf, type RecordingClient } from "../support/client.ts";
import { type S3Server, startS3Server } from "../support/s3-server.ts";
import { runCommand, type Server, startServer } from "../support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../support/snapshot-host.ts";

const passphrase = "lobsters walk sideways + $HOME";

let s3: S3Server;
let server: Server;
let client: RecordingClient;
let folder: string;

beforeAll(async () => {
  [s3, server] = await Promise.all([startS3Server(), startServer()]);
  folder = mkdtempSync(join(tmpdir(), "moltworker-restored-"));
  await server.stop();
  const db = openDatabaseFile(server.dataDir);
  addMessages(db, 1, 40, 200);
  db.close();
  await server.restart();
  client = await connectClient(server.url, { dataDir: server.dataDir });
});
afterAll(async () => {
  client.close();
  await server.dispose();
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});

const made = async () => {
  const host = snapshotHost(server);
  const job = await host.ended(await host.begin("create"));
  expect(job).toMatchObject({ state: "done" });
  return String(job.snapshotId);
};
const messagesIn = (dataDir: string) => {
  const db = openDatabaseFile(dataDir);
  try {
    return (db.prepare("SELECT count(*) AS n FROM messages WHERE session_key = 'agent:main:filled'").get() as { n: number }).n;
  } finally {
    db.close();
  }
};

describe("moltworker's own addresses", () => {
  const ask = (path: string, method = "GET", token = gatewayTokenOf(server.dataDir)) =>
    fetch(new URL(path, server.url), { method, headers: { authorization: `Bearer ${token}` } });

  it("say when the last proved snapshot was made, and make one", async () => {
    expect(await (await ask("api/admin/storage")).json()).toMatchObject({ configured: true, missing: [] });
    const synced = await ask("api/admin/storage/sync", "POST");
    expect([synced.status, await synced.json()]).toEqual([
      200,
      expect.objectContaining({ success: true, lastSync: expect.stringMatching(/^20/) }),
    ]);
    const { lastSync } = (await (await ask("api/admin/storage")).json()) as { lastSync: string };
    expect(Date.now() - Date.parse(lastSync)).toBeLessThan(600_000);
  });

  it("are nobody's without a grant", async () => {
    for (const [path, method] of [
      ["api/admin/storage", "GET"],
      ["api/admin/storage/sync", "POST"],
    ] as const)
      expect((await ask(path, method, "wrong")).status).toBe(401);
  });
});

describe("single items by the command", () => {
  it("come back alone: a conversation, a file, the settings; what came later stays; and it can be undone", async () => {
    await client.request("agents.files.set", { name: "MEMORY.md", content: "likes tea\n" });
    await client.request("config.patch", { raw: JSON.stringify({ agent: { name: "Before" } }) });
    const id = await made();
    await client.request("agents.files.set", { name: "MEMORY.md", content: "likes coffee\n" });
    await client.request("agents.files.set", { name: "USER.md", content: "came later\n" });
    await client.request("config.patch", { raw: JSON.stringify({ agent: { name: "After" } }) });
    await client.request("sessions.delete", { key: "agent:main:filled" });

    const result = await server.run(
      ...["snapshots", "restore", id, "--session", "agent:main:filled", "--file", "MEMORY.md", "--settings"],
    );
    expect(result.stderr).not.toContain("Error");
    expect(result.events.at(-1)).toMatchObject({
      type: "job",
      state: "done",
      outcome: expect.stringContaining("file MEMORY.md"),
    });
    const read = async (name: string) => (await client.request("agents.files.get", { name }, { resend: true })).file.content;
    expect([await read("MEMORY.md"), await read("USER.md")]).toEqual(["likes tea\n", "came later\n"]);
    // The object begins anew a moment after the work has ended.
    const name = async () => ((await client.request("config.get", {}, { resend: true })).config.agent as { name: string }).name;
    await expect.poll(name, { timeout: 20_000 }).toBe("Before");
    expect(messagesIn(server.dataDir)).toBe(40);

    expect((await server.run("snapshots", "undo")).events.at(-1)).toMatchObject({ state: "done" });
    await expect.poll(() => read("MEMORY.md"), { timeout: 20_000 }).toBe("likes coffee\n");
    expect((await server.run("snapshots", "restore", id)).events.at(-1)).toMatchObject({ state: "done" });
  });

  it("that are not in it are refused in words, and nothing changes", async () => {
    const id = await made();
    const result = await server.run("snapshots", "restore", id, "--file", "NOWHERE.md");
    expect(result.code).not.toBe(0);
    expect(result.events.at(-1)).toMatchObject({
      type: "error",
      error: { message: expect.stringContaining("NOWHERE.md"), details: { code: "NOT_FOUND" } },
    });
  });
});

describe("two snapshots by the command", () => {
  it("are listed, compared with each other and with the present, and one is taken home as a tar file", async () => {
    const host = snapshotHost(server);
    await client.request("agents.files.set", { name: "MEMORY.md", content: "one\n" }, { resend: true });
    const first = await made();
    await client.request("agents.files.set", { name: "MEMORY.md", content: "two\n" });
    await client.request("config.patch", { raw: JSON.stringify({ agent: { name: "Second" } }) });
    const created = await server.run("snapshots", "create");
    expect(created.events.at(-1)).toMatchObject({ type: "job", state: "done" });
    const second = String(created.events.at(-1)?.snapshotId);
    const listed = (await server.run("snapshots")).events.filter(({ type }) => type === "snapshot").map(({ id }) => id);
    expect(listed).toEqual((await host.state()).snapshots.map(({ id }) => id));
    expect(listed).toEqual(expect.arrayContaining([first, second]));

    const between = (await server.run("snapshots", "diff", first, second)).events.at(-1);
    expect(between).toMatchObject({ type: "difference", from: first, to: second, sessions: [] });
    expect(between).toMatchObject({ files: ["MEMORY.md"], settings: ["agent"] });
    await client.request("agents.files.set", { name: "USER.md", content: `third ${second}\n` });
    const since = (await server.run("snapshots", "diff", second)).events.at(-1);
    expect(since).toMatchObject({ to: "now", files: ["USER.md"], settings: [] });
    expect((await server.run("snapshots", "diff", "snap_nothing")).code).not.toBe(0);

    const out = join(folder, "home.tar");
    const taken = await server.run("snapshots", "download", second, "--out", out);
    expect(taken.events.at(-1)).toMatchObject({ type: "downloaded", id: second, path: out });
    mkdirSync(join(folder, "unpacked"));
    execFileSync("tar", ["-xf", out, "-C", join(folder, "unpacked")]);
    const proved = await server.run("snapshots", "verify", second, "--from", join(folder, "unpacked"));
    expect(proved.events.at(-1)).toMatchObject({ type: "job", state: "done" });
    // What is there is not written over.
    expect((await server.run("snapshots", "download", second, "--out", out)).code).not.toBe(0);
  });
});

describe("a bucket and a passphrase", () => {
  const keys = () => ({ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, AWS_REGION: "us-east-1" });
  const restore = (dataDir: string, env: Record<string, string>, ...more: string[]) =>
    runCommand(
      ["restore", "--bucket", `${s3.endpoint}/${s3.bucket}/mine/`, "--data", dataDir, "--json", ...more],
      env,
      undefined,
      more.includes("--passphrase-stdin") ? `${passphrase}\n` : undefined,
    );

  it("fill an empty folder elsewhere, keys and all, and the assistant starts from it", async () => {
    await client.request("snapshots.passphrase", { passphrase }, { resend: true });
    const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
    const place = { endpoint, bucket, region: "us-east-1", prefix: "mine/", accessKeyId, secretAccessKey };
    await client.request("snapshots.destination", { s3: place }, { timeoutMs: 60_000, resend: true });
    await made();
    expect(s3.asked.some((line) => line.startsWith("PUT /moltbot-data/mine/chunks/"))).toBe(true);

    const elsewhere = join(folder, "elsewhere");
    const locked = await restore(elsewhere, keys());
    expect(locked.events.at(-1)).toMatchObject({ type: "error", error: { details: { code: "SNAPSHOT_PASSPHRASE" } } });
    const keyless = await restore(elsewhere, {});
    expect(keyless.events.at(-1)).toMatchObject({ type: "error", error: { details: { code: "USAGE" } } });
    const done = await restore(elsewhere, keys(), "--passphrase-stdin");
    expect(done.events.at(-1)).toMatchObject({ type: "job", state: "done" });
    expect(messagesIn(elsewhere)).toBe(40);
    for (const text of [done, locked, keyless].map(({ stdout, stderr }) => stdout + stderr))
      expect(text).not.toContain(passphrase);
    const again = await startServer({ dataDir: elsewhere });
    try {
      expect((await fetch(`${again.url}readyz`)).status).toBe(200);
    } finally {
      await again.dispose();
    }
  });
});

describe("without an assistant", () => {
  it("a folder whose database is rubbish is filled again; what was there is kept aside", async () => {
    await client.request("snapshots.destination", { s3: null }, { timeoutMs: 60_000 });
    await client.request("snapshots.passphrase", { passphrase: null });
    const id = await made();
    client.close();
    await server.stop();
    const objects = join(server.dataDir, "do", "moltworker-Assistant");
    for (const name of readdirSync(objects).filter((file) => file.includes(".sqlite")))
      writeFileSync(join(objects, name), "this was a database once");
    const listed = await server.run("snapshots", "list");
    expect(listed.events.some((event) => event.type === "snapshot" && event.id === id && event.state === "verified")).toBe(true);
    expect((await server.run("snapshots", "verify", id)).events.at(-1)).toMatchObject({ type: "job", state: "done" });
    const done = await server.run("restore");
    expect(done.events.at(-1)).toMatchObject({ type: "job", state: "done" });
    const [aside] = readdirSync(server.dataDir).filter((name) => name.startsWith("aside-"));
    expect(
      readFileSync(
        join(
          server.dataDir,
          String(aside),
          "do/moltworker-Assistant",
          String(readdirSync(join(server.dataDir, String(aside), "do/moltworker-Assistant"))[0]),
        ),
        "utf8",
      ),
    ).toContain("once");
    await server.restart();
    expect(messagesIn(server.dataDir)).toBe(40);
    client = await connectClient(server.url, { dataDir: server.dataDir });
  });
});

describe("R2's variables", () => {
  it("seed the bucket once: it is where snapshots go, and its failure names it", async () => {
    const seeded = await startServer({
      env: {
        ...{ CF_ACCOUNT_ID: "0123456789abcdef0123456789abcdef", R2_BUCKET_NAME: "moltbot-data" },
        ...{ R2_ACCESS_KEY_ID: "r2-key", R2_SECRET_ACCESS_KEY: "r2-secret-canary" },
      },
    });
    try {
      const state = await snapshotHost(seeded).state();
      expect(state.place).toBe(
        "the bucket moltbot-data at 0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/moltworker-snapshots",
      );
      expect(JSON.stringify(state)).not.toContain("canary");
    } finally {
      await seeded.dispose();
    }
  });
});
