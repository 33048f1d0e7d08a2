/**
 * The Worker as `wrangler.jsonc` deploys it (bundle, bindings, assets, R2), in wrangler's local runtime: a child process with
 * storage of its own, no account and no network. Restarting it on the same folder is what a new deployment does.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const wrangler = join(repository, "node_modules/wrangler/bin/wrangler.js");
const READY_MS = 60_000;

export interface CloudflareWorker {
  /** `http://127.0.0.1:<port>/` */
  url: string;
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** `oldBucket`: what a moltworker left in R2, by key; it is bound as the guide says. */
export async function startCloudflareWorker(
  secrets: Record<string, string>,
  oldBucket?: Readonly<Record<string, string | Uint8Array>>,
): Promise<CloudflareWorker> {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-cloudflare-"));
  writeFileSync(
    join(folder, "secrets.env"),
    Object.entries(secrets)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  if (oldBucket) await bindOldBucket(folder, oldBucket);
  let running = await launch(folder);
  const worker: CloudflareWorker = {
    url: running.url,
    async restart() {
      await end(running.child);
      running = await launch(folder);
      worker.url = running.url;
    },
    async dispose() {
      await end(running.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return worker;
}

/** The deployed configuration with one more bucket, and its objects put there by wrangler itself. */
async function bindOldBucket(folder: string, objects: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const config = readFileSync(join(repository, "wrangler.jsonc"), "utf8")
    .replaceAll('"packages/cli/', `"${repository}packages/cli/`)
    .replace('"r2_buckets": [', '"r2_buckets": [{ "binding": "MOLTBOT_BUCKET", "bucket_name": "moltbot-data" }, ');
  writeFileSync(join(folder, "wrangler.jsonc"), config);
  for (const [key, content] of Object.entries(objects)) {
    writeFileSync(join(folder, "object"), content);
    const local = ["--local", "--persist-to", join(folder, "state"), "--config", join(folder, "wrangler.jsonc")];
    const child = spawnWrangler(
      ["r2", "object", "put", `moltbot-data/${key}`, "--file", join(folder, "object"), ...local],
      folder,
    );
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(String(chunk)));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`wrangler could not put ${key}: ${said.join("")}`);
  }
}

function spawnWrangler(args: string[], home: string): ChildProcess {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    HOME: home,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_LOG_PATH: join(home, "wrangler-logs"),
  };
  return spawn(process.execPath, [wrangler, ...args], {
    cwd: repository,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

function launch(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const state = ["--persist-to", join(folder, "state"), "--env-file", join(folder, "secrets.env")];
  const bound = join(folder, "wrangler.jsonc");
  const config = existsSync(bound) ? ["--config", bound] : [];
  const network = ["--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
  const child = spawnWrangler(["dev", ...config, ...network, ...state, "--show-interactive-dev-session=false"], folder);
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}:\n${said.slice(-40).join("\n")}`));
    const timer = setTimeout(() => fail("wrangler dev was not ready in time"), READY_MS);
    child.once("close", (code) => {
      clearTimeout(timer);
      fail(`wrangler dev ended with code ${code}`);
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream as Readable }).on("line", (line) => {
        said.push(line);
        const url = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
        if (!url) return;
        clearTimeout(timer);
        resolve({ child, url: `${url}/` });
      });
    }
  });
}

/** The whole group: wrangler's runtime is a child of its own. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid, "SIGTERM");
  const pid = child.pid;
  const impatience = setTimeout(() => process.kill(-pid, "SIGKILL"), 5_000);
  await gone;
  clearTimeout(impatience);
}
