/** One install or build at a time in a checkout: a second waits for the first, and a dead holder counts for nothing. */

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Runs `work` while no other process does. Not reentrant. */
export async function exclusively(root, work) {
  const path = join(root, ".cache", "build.lock");
  mkdirSync(dirname(path), { recursive: true });
  for (let tries = 0; !take(path); tries++) {
    if (tries === 5) process.stderr.write(`Waiting for another build (pid ${holder(path)}) …\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isAbandoned(path)) rmSync(path, { force: true });
    return false;
  }
}

function holder(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
}

/** The holder died, or did so before it could write its pid. */
function isAbandoned(path) {
  const pid = holder(path);
  if (pid === 0) return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 2_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code !== "EPERM";
  }
}
