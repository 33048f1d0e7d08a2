/**
 * Installs what is missing, and nothing when the installed packages are those of the lockfile. A complete development
 * install is never replaced by a smaller one.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exclusively } from "./exclusive.mjs";
import { Failure } from "./failure.mjs";
import { step } from "./progress.mjs";

const stampPath = (root) => join(root, "node_modules", ".cache", "moltworker-install.json");
const installedPath = (root) => join(root, "node_modules", ".package-lock.json");

/** @param {{root: string, dev: boolean, json?: boolean}} options dev: with the tools for tests and checks */
export async function ensureInstalled({ root, dev, json = false }) {
  const stamp = readJson(stampPath(root));
  if (stamp?.fingerprint === fingerprint(root) && stamp.installed === installedMark(root) && (stamp.dev || !dev)) return;
  await exclusively(root, () => install(root, dev, json));
}

async function install(root, dev, json) {
  const state = installedState(root);
  if (!state.complete || (dev && !state.dev)) {
    await step("install", "Installing packages", { json }, () => npmCi(root, dev || state.dev, json));
  }
  const stamp = { fingerprint: fingerprint(root), installed: installedMark(root), dev: installedState(root).dev };
  mkdirSync(dirname(stampPath(root)), { recursive: true });
  writeFileSync(stampPath(root), JSON.stringify(stamp));
}

/** Changes with the lockfile, with Node's major version and with the machine. */
function fingerprint(root) {
  const lock = readFileSync(join(root, "package-lock.json"));
  return createHash("sha256")
    .update(lock)
    .update(`${process.versions.node.split(".")[0]} ${process.platform} ${process.arch}`)
    .digest("hex");
}

/** npm rewrites this file on each change of node_modules. */
function installedMark(root) {
  try {
    const { mtimeMs, size } = statSync(installedPath(root));
    return `${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}

/** Compares what npm says it installed with the lockfile: `complete` for running, `dev` for developing. */
export function installedState(root) {
  const installed = readJson(installedPath(root))?.packages;
  if (!installed) return { complete: false, dev: false };
  const locked = Object.entries(readJson(join(root, "package-lock.json"))?.packages ?? {});
  const present = ([path, entry]) => {
    if (!path.includes("node_modules/") || entry.optional || entry.devOptional || entry.peer) return true;
    return installed[path]?.version === entry.version && existsSync(join(root, path));
  };
  return { complete: locked.filter(([, entry]) => !entry.dev).every(present), dev: locked.every(present) };
}

async function npmCi(root, dev, json) {
  const args = ["ci", ...(dev ? [] : ["--omit=dev"]), "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, [process.env.npm_execpath, ...args]] : ["npm", args];
  const code = await new Promise((resolve) => {
    // Standard output belongs to the ready line and the JSON events.
    const child = spawn(npm[0], npm[1], { cwd: root, stdio: ["ignore", json ? "ignore" : 2, "inherit"] });
    child.on("error", () => resolve(127));
    child.on("close", resolve);
  });
  if (code === 127)
    throw new Failure("BUILD_FAILED", "npm was not found", "Install npm, which comes with Node.js, and try again.");
  if (code !== 0)
    throw new Failure(
      "BUILD_FAILED",
      `npm ci failed with exit code ${code}`,
      "Read npm's lines above; check the network and the disk, then try again.",
    );
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
