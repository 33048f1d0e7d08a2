/**
 * The exclusive lock on a data folder. The highest `lock.<n>` names the holder; to take over, a process creates the next
 * number, which is atomic, so a race has exactly one winner. A number is never reused: a released lock stays as a marked
 * file until its successor exists, so a slow starter can never win with an old number.
 */

import { linkSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

interface LockRecord extends ProcessIdentity {
  /** ISO time. */
  since: string;
  released?: true;
}

export interface Lock {
  /** True when the last holder ended without releasing: its children may still run. */
  predecessorCrashed: boolean;
  release(): void;
}

const attempts = 1_000;

/** Takes the lock or throws LOCK_HELD with `details: {pid, since}`. Never waits for the holder. */
export function acquireLock(folder: string, identity = ownIdentity()): Lock {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const top = highestLock(folder);
    const current = top === 0 ? undefined : readLock(folder, top);
    if (current === "gone") continue;
    if (current && !current.released && isAlive(current)) throw lockHeld(folder, current);
    const mine = top + 1;
    if (!createLock(folder, mine, identity)) continue;
    if (highestLock(folder) !== mine) {
      unlinkSync(lockPath(folder, mine));
      continue;
    }
    removeBelow(folder, mine);
    return {
      predecessorCrashed: top !== 0 && current?.released !== true,
      release: () => markReleased(folder, mine, identity),
    };
  }
  throw new MoltError("LOCK_HELD", {
    message: `${folder} is being started by many processes at once`,
    hint: "Wait a second, then start it once.",
  });
}

/** The live holder, for `status`, `link` and `stop`; undefined when nobody holds the folder. */
export function lockHolder(folder: string): { pid: number; since: string } | undefined {
  try {
    const record = readLock(folder, highestLock(folder));
    return record && record !== "gone" && !record.released && isAlive(record)
      ? { pid: record.pid, since: record.since }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The holder that ended without releasing; undefined when the lock is free, held, or was released. */
export function crashedHolder(folder: string): { pid: number; since: string } | undefined {
  const record = readLock(folder, highestLock(folder));
  return record && record !== "gone" && !record.released && !isAlive(record)
    ? { pid: record.pid, since: record.since }
    : undefined;
}

const lockPath = (folder: string, number: number) => join(folder, `lock.${number}`);

function lockNumbers(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0);
}

const highestLock = (folder: string) => Math.max(0, ...lockNumbers(folder));

/** A record that cannot be parsed has no holder: a lock appears by `link`, whole or not at all. */
function readLock(folder: string, number: number): LockRecord | undefined | "gone" {
  try {
    return JSON.parse(readFileSync(lockPath(folder, number), "utf8")) as LockRecord;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : undefined;
  }
}

/** False when another process created this number first. */
function createLock(folder: string, number: number, identity: ProcessIdentity): boolean {
  const draft = writeDraft(folder, { ...identity, since: new Date().toISOString() });
  try {
    linkSync(draft, lockPath(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function markReleased(folder: string, number: number, identity: ProcessIdentity): void {
  const record: LockRecord = { ...identity, since: new Date().toISOString(), released: true };
  renameSync(writeDraft(folder, record), lockPath(folder, number));
}

function writeDraft(folder: string, record: LockRecord): string {
  const draft = join(folder, `.lock-${process.pid}-${Math.random().toString(36).slice(2)}`);
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600, flag: "wx" });
  return draft;
}

function removeBelow(folder: string, number: number): void {
  for (const old of lockNumbers(folder)) {
    if (old >= number) continue;
    try {
      unlinkSync(lockPath(folder, old));
    } catch {
      // Its creator saw that it had lost, and removed it.
    }
  }
}

function lockHeld(folder: string, holder: LockRecord): MoltError {
  return new MoltError("LOCK_HELD", {
    message: `another moltworker (pid ${holder.pid}) uses ${folder} since ${holder.since}`,
    details: { pid: holder.pid, since: holder.since },
  });
}
