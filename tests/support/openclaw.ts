/**
 * Stock OpenClaw from npm, the other side of our protocol: installed on demand into an ignored folder, outside the default
 * install, and run in a home of its own, so that nothing of the developer's machine is read or changed.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const openClawVersion = "2026.9.6";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(repository, ".cache", "openclaw");
const packageFolder = join(folder, "node_modules", "openclaw");

export interface OpenClawRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Installs the pinned version unless it is there. Needs Node 22 or newer: an older one silently gets an empty placeholder. */
export function installOpenClaw(): { folder: string; seconds: number } {
  const began = Date.now();
  if (installedVersion() !== openClawVersion) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const args = ["install", `openclaw@${openClawVersion}`, "--save-exact", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", args, {
      cwd: folder,
      env: { ...process.env, ...ownNodeFirst() },
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) throw new Error(`npm could not install openclaw@${openClawVersion} (exit code ${status})`);
    if (installedVersion() !== openClawVersion)
      throw new Error(`npm installed openclaw ${installedVersion()}, not ${openClawVersion}: is Node 22 or newer?`);
  }
  return { folder, seconds: (Date.now() - began) / 1_000 };
}

function installedVersion(): string | undefined {
  const manifest = join(packageFolder, "package.json");
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version : undefined;
}

function ownNodeFirst(): Record<string, string> {
  return { PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter) };
}

/** A home folder for stock OpenClaw; `remove` takes it away. */
export interface OpenClawHome {
  path: string;
  env: Record<string, string>;
  remove(): void;
}

export function createOpenClawHome(env: Record<string, string> = {}): OpenClawHome {
  const path = mkdtempSync(join(tmpdir(), "openclaw-home-"));
  const own = {
    ...ownNodeFirst(),
    HOME: path,
    OPENCLAW_STATE_DIR: join(path, ".openclaw"),
    NODE_NO_WARNINGS: "1",
    NO_COLOR: "1",
    CI: "1",
  };
  return { path, env: { ...own, ...env }, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Starts a stock command; the caller ends it. */
export function spawnOpenClaw(home: OpenClawHome, args: string[]): ChildProcess {
  return spawn(process.execPath, [join(packageFolder, "openclaw.mjs"), ...args], {
    cwd: home.path,
    env: home.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a stock command to its end; killed after `timeoutMs`. */
export async function runOpenClaw(home: OpenClawHome, args: string[], timeoutMs = 60_000): Promise<OpenClawRun> {
  const child = spawnOpenClaw(home, args);
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (output.stdout += chunk));
  child.stderr?.on("data", (chunk) => (output.stderr += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const code = await new Promise<number | null>((done) => child.once("close", done));
  clearTimeout(timer);
  return { code, ...output };
}

/**
 * Runs a stock command in a terminal of its own: when `ready` was printed, `input` is typed, and it is ended once `until` was
 * printed or time is up. The code is 0 when it was.
 */
export async function typeIntoOpenClaw(
  home: OpenClawHome,
  args: string[],
  typing: Typing,
  timeoutMs = 60_000,
): Promise<OpenClawRun> {
  const quoted = [process.execPath, join(packageFolder, "openclaw.mjs"), ...args].map(
    (part) => `'${part.replaceAll("'", "'\\''")}'`,
  );
  const child = spawn("script", ["-qec", quoted.join(" "), "/dev/null"], {
    cwd: home.path,
    env: { ...home.env, TERM: "xterm" },
    stdio: "pipe",
  });
  let stdout = "";
  let typed = false;
  const seen = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    child.once("close", () => resolve(false));
    child.once("error", () => resolve(false));
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      if (!typed && typing.ready.test(stdout)) {
        typed = true;
        child.stdin.write(typing.input);
      }
      if (!typing.until.test(stdout)) return;
      clearTimeout(timer);
      resolve(true);
    });
  });
  child.stdin.destroy();
  child.kill("SIGKILL");
  return { code: seen ? 0 : 1, stdout, stderr: "" };
}

export interface Typing {
  ready: RegExp;
  input: string;
  until: RegExp;
}
