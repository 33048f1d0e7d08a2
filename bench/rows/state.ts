/**
 * Snapshots of a filled assistant beside what moltworker uses for the same job: `rclone sync` of the same data as files, on
 * the same disk, in the same run. `BENCH_STATE_MB` is the size (default 100; the long form is 1000).
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../tests/support/server.ts";
import { addMessages, openDatabaseFile, snapshotHost } from "../../tests/support/snapshot-host.ts";
import type { Row, RowGroup } from "../row.ts";

const megabytes = Number(process.env.BENCH_STATE_MB ?? 100);
const messageBytes = 1_000;
/** Half of the size is conversation, half is files. */
const messages = Math.floor((megabytes * 500_000) / messageBytes);
const files = Math.floor(megabytes / 2);
const cache = new URL("../../.cache/rclone/", import.meta.url).pathname;

interface Figures {
  saveMbps: number;
  backMbps: number;
  changeBytes: number;
  firstBytes: number;
}

export const state: RowGroup = {
  name: "state",
  peerName: "rclone",
  what: `snapshot and restore of ${megabytes} MB, 1 % changed`,
  async measure(bench) {
    const ours = await measureOurs();
    const peer = bench.products.length > 1 ? measureRclone() : undefined;
    const note = `${megabytes} MB: ${messages} messages, ${files} files; peer: rclone sync of the same as files`;
    const row = (id: string, what: string, unit: string, better: Row["better"], figure: keyof Figures, scale = 1): Row => ({
      ...{ id, what, unit, better, note, bar: null },
      ours: ours[figure] / scale,
      peer: peer ? peer[figure] / scale : null,
    });
    const change = row("state.change.bytes", "written for 1 % changed", "MB", "lower", "changeBytes", 1e6);
    return [
      row("state.save", "first snapshot, proved by restoring it", "MB/s", "higher", "saveMbps"),
      row("state.back", "restored into an empty folder", "MB/s", "higher", "backMbps"),
      row("state.first.bytes", "written at first", "MB", "lower", "firstBytes", 1e6),
      { ...change, bar: change.peer ?? megabytes * 0.03 },
    ];
  },
};

async function measureOurs(): Promise<Figures> {
  const server = await startServer();
  const snapshots = join(server.dataDir, "snapshots");
  const restored = mkdtempSync(join(tmpdir(), "bench-restored-"));
  try {
    await server.stop();
    change(server.dataDir, 1, messages, 0, files);
    await server.restart();
    const host = snapshotHost(server);
    const make = async () => {
      const before = sizesIn(snapshots);
      const began = performance.now();
      const job = await host.ended(await host.begin("create"));
      if (job.state !== "done") throw new Error(String(job.outcome));
      return { seconds: (performance.now() - began) / 1_000, bytes: writtenSince(before, sizesIn(snapshots)) };
    };
    const first = await make();
    await server.stop();
    change(server.dataDir, messages + 1, Math.ceil(messages / 100), files, Math.ceil(files / 100));
    await server.restart();
    const second = await make();
    await server.stop();
    const began = performance.now();
    const { code, stderr, stdout } = await server.run("restore", "--from", snapshots, "--data", restored);
    if (code !== 0) throw new Error(`${stderr}${stdout}`);
    const backSeconds = (performance.now() - began) / 1_000;
    return {
      saveMbps: megabytes / first.seconds,
      backMbps: megabytes / backSeconds,
      changeBytes: second.bytes,
      firstBytes: first.bytes,
    };
  } finally {
    await server.dispose();
    rmSync(restored, { recursive: true, force: true });
  }
}

/** Adds messages and files to a stopped assistant. */
function change(dataDir: string, firstMessage: number, messageCount: number, firstFile: number, fileCount: number): void {
  const db = openDatabaseFile(dataDir);
  for (let at = 0; at < messageCount; at += 10_000)
    addMessages(db, firstMessage + at, Math.min(10_000, messageCount - at), messageBytes);
  db.exec("BEGIN");
  for (let at = firstFile; at < firstFile + fileCount; at += 1) {
    const path = `files/${at}.bin`;
    db.prepare("INSERT INTO workspace_files (path, size_bytes, updated_at, revision) VALUES (?, 1000000, 1, ?)").run(
      path,
      at + 10,
    );
    db.prepare("INSERT INTO workspace_chunks (path, part, data) VALUES (?, 0, ?)").run(path, noise(at));
  }
  db.exec("COMMIT");
  db.close();
}

function measureRclone(): Figures {
  const rclone = installRclone();
  const folder = mkdtempSync(join(tmpdir(), "bench-rclone-"));
  const [source, target, back] = ["source", "target", "back"].map((name) => join(folder, name)) as [string, string, string];
  const sync = (from: string, to: string) => {
    const before = existsSync(to) ? sizesIn(to) : new Map<string, string>();
    const began = performance.now();
    const { status, stderr } = spawnSync(rclone, ["sync", from, to, "--config", "/dev/null"], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return { seconds: (performance.now() - began) / 1_000, bytes: writtenSince(before, sizesIn(to)) };
  };
  try {
    writeFiles(source, 0, messages, 0, files);
    const first = sync(source, target);
    writeFiles(source, messages, Math.ceil(messages / 100), files, Math.ceil(files / 100));
    const second = sync(source, target);
    const restored = sync(target, back);
    return {
      ...{ saveMbps: megabytes / first.seconds, backMbps: megabytes / restored.seconds },
      ...{ changeBytes: second.bytes, firstBytes: first.bytes },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A session is one file that grows, as OpenClaw keeps it; the last one takes what is new. */
function writeFiles(folder: string, firstMessage: number, messageCount: number, firstFile: number, fileCount: number): void {
  mkdirSync(join(folder, "sessions"), { recursive: true });
  mkdirSync(join(folder, "files"), { recursive: true });
  const perSession = 10_000;
  const line = `${JSON.stringify({ role: "user", content: "tea ".repeat(messageBytes / 4) })}\n`;
  for (let at = firstMessage; at < firstMessage + messageCount; at += perSession) {
    const count = Math.min(perSession, firstMessage + messageCount - at);
    writeFileSync(join(folder, "sessions", `${Math.floor(Math.max(0, at - 1) / perSession)}.jsonl`), line.repeat(count), {
      flag: "a",
    });
  }
  for (let at = firstFile; at < firstFile + fileCount; at += 1) writeFileSync(join(folder, "files", `${at}.bin`), noise(at));
}

/** A megabyte that does not pack, the same for the same number. */
function noise(seed: number): Uint8Array {
  const bytes = new Uint8Array(1_000_000);
  let word = (seed + 1) * 2_654_435_761;
  for (let at = 0; at < bytes.length; at += 1) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = word >>> 24;
  }
  return bytes;
}

/** Each file with its size and time of change. */
function sizesIn(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const { size, mtimeMs, ino } = statSync(join(folder, name));
    if (statSync(join(folder, name)).isFile()) found.set(name, `${size} ${mtimeMs} ${ino}`);
  }
  return found;
}

const writtenSince = (before: Map<string, string>, after: Map<string, string>) =>
  [...after].reduce((sum, [name, mark]) => sum + (before.get(name) === mark ? 0 : Number(mark.split(" ")[0])), 0);

/** Debian's package, unpacked into the cache: nothing is installed. */
function installRclone(): string {
  const binary = join(cache, "usr/bin/rclone");
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const script = "apt-get download rclone && dpkg -x rclone_*.deb . && rm rclone_*.deb";
  const { status, stderr } = spawnSync("sh", ["-c", script], { cwd: cache, encoding: "utf8" });
  if (status !== 0) throw new Error(`rclone could not be fetched: ${stderr}`);
  return binary;
}
