/** Coming from another installation, and leaving with everything: by the command and in the page, against the built product. */

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { connectClient, gatewayTokenOf } from "../support/client.ts";
import { homeFiles, secretsOfHome } from "../support/import-home.ts";
import { startS3Server } from "../support/s3-server.ts";
import { commandPath, runCommand, type Server, startServer } from "../support/server.ts";
import { tarOf } from "../support/tar.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

let browser: Browser;
let server: Server;
let folder: string;
const files = homeFiles(".openclaw/", ".openclaw/workspace/");

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "moltworker-moving-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content as string);
  }
});
afterAll(async () => {
  await browser.close();
  await server.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe("Admin, Import and export", () => {
  it.each([
    [360, true],
    [1280, false],
  ])("shows a report before anything changes, at %i px, dark %s", async (width, dark) => {
    const { events } = await server.run("link");
    const surface = await openSurface(browser, String(events[0]?.link), { width, dark });
    await isReady(surface.page);
    await surface.page.goto(`${server.url}#/admin/moving`);
    const archive = { name: "home.tar", mimeType: "application/x-tar", buffer: Buffer.from(tarOf(files)) };
    await surface.page.getByLabel("Archive to import").setInputFiles(archive);
    await surface.page.getByRole("status").getByText("A home of OpenClaw.").waitFor();
    await surface.page.getByRole("list", { name: "Report" }).getByText("agent.name").waitFor();
    await fitsWidth(surface.page);
    expect(await barriers(surface.page)).toEqual([]);
    expect(surface.faults).toEqual([]);
    await surface.page.close();
  });

  it("says what is wrong with a file that is no archive", async () => {
    const { events } = await server.run("link");
    const { page } = await openSurface(browser, String(events[0]?.link));
    await isReady(page);
    await page.goto(`${server.url}#/admin/moving`);
    const archive = { name: "photo.png", mimeType: "image/png", buffer: Buffer.alloc(2_000, 7) };
    await page.getByLabel("Archive to import").setInputFiles(archive);
    await page
      .getByRole("alert")
      .getByText(/The archive cannot be read/)
      .waitFor();
    await page.close();
  });
});

/** The command in a terminal of its own (util-linux's `script`); each answer is typed once its question stands there. */
async function inTerminal(args: string[], env: Record<string, string>, answers: [question: string, typed: string][]) {
  const command = [process.execPath, commandPath, ...args].map((part) => `'${part}'`).join(" ");
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { PATH: process.env.PATH ?? "", HOME: tmpdir(), TERM: "xterm", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  const waiting = [...answers];
  child.stdout.on("data", (chunk) => {
    shown += String(chunk);
    const [question, typed] = waiting[0] ?? [];
    if (question === undefined || !shown.includes(question)) return;
    waiting.shift();
    child.stdin.write(`${typed}\r`);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, shown };
}

describe("moltworker import", () => {
  it("reports, imports, and finds everything here the second time", async () => {
    const source = join(folder, ".openclaw");
    const dry = await server.run("import", source);
    expect(dry.code).toBe(0);
    expect(dry.events.find(({ type }) => type === "source")).toMatchObject({ layout: "a home of OpenClaw" });
    expect(dry.events.at(-1)).toMatchObject({ type: "import", applied: false });
    const token = gatewayTokenOf(server.dataDir);
    const done = await server.run("import", source, "--yes");
    expect(done).toMatchObject({ code: 0 });
    expect(done.events.at(-1)).toMatchObject({ type: "import", applied: true, failed: 0 });
    for (const secret of Object.values(secretsOfHome)) expect(done.stdout + done.stderr).not.toContain(secret);
    await server.event(({ type, event }) => type === "log" && event === "server.token_file_written");
    expect(gatewayTokenOf(server.dataDir)).toBe(secretsOfHome.gatewayToken);
    expect(token).not.toBe(secretsOfHome.gatewayToken);
    // One of the moment before was made and proved, to go back to.
    const kept = (await server.run("snapshots", "list")).events.filter(({ type }) => type === "snapshot");
    expect(kept).toMatchObject([{ reason: "import", state: "verified" }]);
    const again = await server.run("import", source, "--yes");
    const verdicts = new Set(again.events.filter(({ type }) => type === "line").map(({ verdict }) => verdict));
    expect([...verdicts].sort()).toEqual(["dropped", "same"]);
  });

  it("opens the newest backup image of a late moltworker's bucket, passing over one that is damaged", async () => {
    const bucket = join(folder, "bucket");
    for (const id of ["b-old", "b-new"]) mkdirSync(join(bucket, "backups", id), { recursive: true });
    const image = readFileSync(new URL("../support/squashfs/zstd.sqsh", import.meta.url));
    writeFileSync(join(bucket, "backups/b-old/data.sqsh"), image);
    writeFileSync(join(bucket, "backups/b-new/data.sqsh"), image.subarray(0, 50));
    const snapshots = [
      { id: "b-old", dir: "/home/openclaw", createdAt: 1 },
      { id: "b-new", dir: "/home/openclaw", createdAt: 2 },
    ];
    writeFileSync(join(bucket, "backup-handles.json"), JSON.stringify({ snapshots }));
    const { code, events } = await server.run("import", bucket);
    expect(code).toBe(0);
    const passedOver = events.filter(({ type }) => type === "notRead").map(({ path }) => path);
    expect(passedOver).toEqual(["backups/b-new/data.sqsh", "clawd/link"]);
    expect(events.find(({ type }) => type === "source")).toMatchObject({ layout: "a home of OpenClaw" });
    const names = events.filter(({ type }) => type === "line").map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["agent.name", "clawd/many/000-ü.md"]));
  });

  it("reads a bucket directly, with keys from the environment alone, and changes nothing in it", async () => {
    const s3 = await startS3Server();
    try {
      const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
      for (const [path, content] of Object.entries(homeFiles("old/openclaw/", "old/workspace/"))) {
        const put = await fetch(`${endpoint}/${bucket}/${path}`, { method: "PUT", body: content as string });
        expect(put.status).toBe(200);
      }
      s3.asked.length = 0;
      const run = (env: Record<string, string>, source = `s3://${bucket}/old`) =>
        runCommand(["import", source, "--data", server.dataDir, "--json"], {
          AWS_ENDPOINT_URL: endpoint,
          AWS_REGION: "us-east-1",
          ...env,
        });
      const keys = { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey };
      const found = await run(keys);
      expect(found.code).toBe(0);
      expect(found.events.find(({ type }) => type === "source")).toMatchObject({ layout: "a moltworker bucket (generation 2)" });
      expect(found.stdout + found.stderr).not.toContain(secretsOfHome.botToken);
      expect(s3.asked.every((line) => line.startsWith("GET "))).toBe(true);
      const refusals = [
        await run({}),
        await run({ ...keys, R2_SECRET_ACCESS_KEY: "wrong" }),
        await run(keys, `s3://${bucket}/nowhere`),
      ];
      expect(
        refusals.map(({ events }) => (events.at(-1) as { error?: { details: { code: string } } }).error?.details.code),
      ).toEqual(["USAGE", "SNAPSHOT_STORE_REFUSED", "INVALID_REQUEST"]);
      for (const { stdout, stderr } of refusals) expect(stdout + stderr).not.toContain("wrong");
    } finally {
      await s3.close();
    }
  });

  it("asks for a bucket's keys in the terminal, writes them nowhere, and shows the secret to nobody", async () => {
    const s3 = await startS3Server();
    try {
      const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
      for (const [path, content] of Object.entries(homeFiles("openclaw/", "workspace/")))
        await fetch(`${endpoint}/${bucket}/${path}`, { method: "PUT", body: content as string });
      const terminal = (secret: string) =>
        inTerminal(
          ["import", `s3://${bucket}`, "--data", server.dataDir],
          { AWS_ENDPOINT_URL: endpoint, AWS_REGION: "us-east-1" },
          [
            ["Access key ID of the bucket: ", accessKeyId],
            ["it is not shown): ", secret],
          ],
        );
      const found = await terminal(secretAccessKey);
      expect(found.shown).toMatch(/a moltworker bucket \(generation 2\)[\s\S]*Nothing was changed/);
      expect(found.code).toBe(0);
      const wrong = await terminal("typed-canary-secret");
      expect(wrong.shown).toMatch(/SNAPSHOT_STORE_REFUSED|gave nothing/);
      expect(wrong.code).not.toBe(0);
      expect(wrong.shown).not.toContain("canary");
    } finally {
      await s3.close();
    }
  });

  it("gives the conversation to every client, by the old gateway token", async () => {
    const client = await connectClient(server.url, { token: secretsOfHome.gatewayToken });
    const { messages } = await client.request("chat.history", { sessionKey: "agent:main:main" });
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult", "assistant"]);
    client.close();
  });

  it.each([
    ["a folder that is not there", ["nowhere"], "USAGE"],
    ["a folder with nothing that is known", [join(tmpdir(), "moltworker-nothing")], "INVALID_REQUEST"],
  ])("refuses %s in words", async (_, args, code) => {
    mkdirSync(join(tmpdir(), "moltworker-nothing"), { recursive: true });
    const result = await server.run("import", ...args);
    expect(result.code).not.toBe(0);
    expect(result.events.at(-1)).toMatchObject({ type: "error", error: { details: { code } } });
  });
});

describe("moltworker export", () => {
  it("writes an archive that tar and git read, without a secret", async () => {
    const file = join(folder, "all.tar.gz");
    const result = await server.run("export", file);
    expect(result).toMatchObject({ code: 0 });
    const out = join(folder, "out");
    mkdirSync(out);
    execFileSync("tar", ["-xzf", file, "-C", out]);
    expect(readFileSync(join(out, "workspace/SOUL.md"), "utf8")).toBe("# A soul of my own\n");
    expect(readFileSync(join(out, "conversations/agent-main-main.md"), "utf8")).toContain("It is ten.");
    expect(execFileSync("git", ["-C", join(out, "workspace"), "fsck", "--strict"], { encoding: "utf8" })).toBe("");
    for (const secret of Object.values(secretsOfHome)) expect(() => execFileSync("grep", ["-rqF", "--", secret, out])).toThrow();
    expect((await server.run("export", file)).code).not.toBe(0);
  });

  it("is nobody's without the scope", async () => {
    expect((await fetch(`${server.url}api/export`)).status).toBe(401);
    expect((await fetch(`${server.url}api/import`, { method: "PUT", body: "x" })).status).toBe(401);
  });
});
