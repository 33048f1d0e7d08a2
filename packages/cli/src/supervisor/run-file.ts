/** `run.json`: what runs on this data folder right now, readable by its owner alone because it holds the host key. */

import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-identity.ts";

export interface RunRecord {
  supervisor: ProcessIdentity;
  workerd?: ProcessIdentity;
  /** The address to connect to from this machine, also when the server listens on all interfaces. */
  host: string;
  /** 0 until the server listens. */
  port: number;
  /** Random per start; proves to the Worker that a caller can read this folder. */
  hostKey: string;
  /** ISO time. */
  startedAt: string;
  version: string;
}

const runPath = (folder: string) => join(folder, "run.json");

/** Undefined when nothing was recorded or the file is not readable. */
export function readRun(folder: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(runPath(folder), "utf8")) as RunRecord;
  } catch {
    return undefined;
  }
}

export function writeRun(folder: string, run: RunRecord): void {
  const draft = join(folder, `.run-${process.pid}`);
  writeFileSync(draft, JSON.stringify(run), { mode: 0o600 });
  renameSync(draft, runPath(folder));
}

export function removeRun(folder: string): void {
  try {
    unlinkSync(runPath(folder));
  } catch {
    // Gone already.
  }
}
