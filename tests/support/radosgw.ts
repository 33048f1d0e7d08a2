/**
 * Ceph's S3 server on loopback: one monitor, one store in memory, one gateway, from Debian's own packages. They are fetched on
 * demand into an ignored folder and unpacked there; nothing is installed. Needs Debian's `apt-get` and the right to use it.
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AwsClient } from "aws4fetch";

export interface RadosGateway {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  close(): Promise<void>;
}

const cache = fileURLToPath(new URL("../../.cache/ceph/", import.meta.url));
const packages = ["radosgw", "ceph-mon", "ceph-osd"];
const readyMs = 120_000;

export async function startRadosGateway(bucket = "moltworker"): Promise<RadosGateway> {
  const root = unpacked();
  const folder = mkdtempSync(join(tmpdir(), "moltworker-ceph-"));
  for (const name of ["mon", "osd", "rgw"]) mkdirSync(join(folder, name));
  const [monitor, port] = [await freePort(), await freePort()];
  const id = randomUUID();
  writeFileSync(join(folder, "ceph.conf"), configuration({ root, folder, id, monitor, port }));
  const env = environmentOf(root, folder);
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(root, "usr/bin", program), args, { cwd: folder, env, encoding: "utf8", stdio: "pipe", timeout: readyMs });
  const daemons: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) =>
    daemons.push(spawn(join(root, "usr/bin", program), ["-f", ...args], { cwd: folder, env, stdio: "ignore" }));
  const close = async () => {
    for (const daemon of daemons.reverse()) {
      const gone = new Promise((resolve) => daemon.once("close", resolve));
      if (daemon.exitCode === null && daemon.kill("SIGKILL")) await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run("ceph-authtool", "--create-keyring", "keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
    run("ceph-authtool", "keyring", "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *");
    run("monmaptool", "--create", "--fsid", id, "--addv", "a", `[v1:127.0.0.1:${monitor}]`, "monmap");
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring");
    start("ceph-mon", "-i", "a");
    const disk = randomUUID();
    run("ceph", "--connect-timeout", "60", "osd", "new", disk);
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk);
    start("ceph-osd", "-i", "0");
    run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=one");
    start("radosgw", "-n", "client.admin");
    const endpoint = `http://127.0.0.1:${port}`;
    await answering(endpoint);
    const [accessKeyId, secretAccessKey] = ["CEPHKEY", "ceph-secret"];
    run(
      "radosgw-admin",
      "user",
      "create",
      "--uid=molt",
      "--display-name=molt",
      `--access-key=${accessKeyId}`,
      `--secret=${secretAccessKey}`,
    );
    const client = new AwsClient({ accessKeyId, secretAccessKey, region: "us-east-1", service: "s3", retries: 0 });
    const made = await client.fetch(`${endpoint}/${bucket}`, { method: "PUT" });
    if (!made.ok) throw new Error(`no bucket: ${made.status} ${await made.text()}`);
    return { endpoint, bucket, accessKeyId, secretAccessKey, close };
  } catch (error) {
    const said = readdirSync(folder).filter((name) => name.endsWith(".log"));
    const words = said.map((name) => `${name}: ${readFileSync(join(folder, name), "utf8").slice(-600)}`).join("\n");
    await close();
    throw new Error(`Ceph did not start: ${(error as Error).message}\n${words}`, { cause: error });
  }
}

/** Debian's packages and what they need, unpacked side by side. */
function unpacked(): string {
  const root = join(cache, "root");
  if (existsSync(join(root, "usr/bin/radosgw"))) return root;
  const [archives, draft] = [join(cache, "archives"), join(cache, "draft")];
  for (const path of [archives, draft]) rmSync(path, { recursive: true, force: true });
  mkdirSync(join(archives, "partial"), { recursive: true });
  const options = ["-y", "--download-only", "--no-install-recommends", "-o", `Dir::Cache::archives=${archives}`];
  execFileSync("apt-get", ["install", ...options, ...packages], { stdio: "pipe" });
  execFileSync("sh", ["-c", 'for file in *.deb; do dpkg -x "$file" ../draft; done'], { cwd: archives, stdio: "pipe" });
  renameSync(draft, root);
  rmSync(archives, { recursive: true });
  return root;
}

function environmentOf(root: string, folder: string): NodeJS.ProcessEnv {
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  return {
    PATH: `${join(root, "usr/bin")}:/usr/bin:/bin`,
    LD_LIBRARY_PATH: [libraries, join(root, "lib/x86_64-linux-gnu"), join(libraries, "ceph"), join(root, "usr/lib/ceph")].join(
      ":",
    ),
    PYTHONPATH: join(root, "usr/lib/python3/dist-packages"),
    CEPH_CONF: join(folder, "ceph.conf"),
    HOME: folder,
  };
}

interface Place {
  root: string;
  folder: string;
  id: string;
  monitor: number;
  port: number;
}

/** One of everything, nothing kept on a disk, nobody asked for a key but by the gateway. */
function configuration({ root, folder, id, monitor, port }: Place): string {
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  return `[global]
fsid=${id}
mon host=[v1:127.0.0.1:${monitor}]
mon initial members=a
ms bind msgr2=false
auth cluster required=none
auth service required=none
auth client required=none
osd pool default size=1
osd pool default min size=1
osd pool default pg num=4
osd pool default pg autoscale mode=off
osd crush chooseleaf type=0
osd crush update on start=false
mon allow pool size one=true
mon data avail crit=0
mon data=${folder}/mon
osd data=${folder}/osd
osd objectstore=memstore
memstore device bytes=2147483648
osd class dir=${libraries}/rados-classes
plugin dir=${libraries}/ceph
erasure code dir=${libraries}/ceph/erasure-code
run dir=${folder}
admin socket=${folder}/$name.$pid.asok
log file=${folder}/$name.log
pid file=${folder}/$name.pid
keyring=${folder}/keyring
crash dir=${folder}
public addr=127.0.0.1
cluster addr=127.0.0.1
rgw data=${folder}/rgw
rgw frontends=beast endpoint=127.0.0.1:${port}
rgw thread pool size=16
rgw run sync thread=false
`;
}

async function answering(endpoint: string): Promise<void> {
  const until = Date.now() + readyMs;
  while (
    !(await fetch(endpoint).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > until) throw new Error("the gateway does not answer");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
