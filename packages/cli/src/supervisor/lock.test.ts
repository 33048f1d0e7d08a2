import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { isMoltError } from "@moltworker/protocol/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, lockHolder } from "./lock.ts";
import { ownIdentity } from "./process-identity.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltworker-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dead = { pid: 2 ** 22 + 1, startMark: "gone" };

function refusal(): { code: string; details: Record<string, unknown> } {
  try {
    acquireLock(folder);
  } catch (error) {
    if (isMoltError(error)) return error;
    throw error;
  }
  throw new Error("the lock was given twice");
}

describe("acquireLock", () => {
  it("refuses a second holder and names the first", () => {
    const lock = acquireLock(folder);
    expect(lock.predecessorCrashed).toBe(false);
    expect(refusal()).toMatchObject({ code: "LOCK_HELD", details: { pid: process.pid } });
    expect(lockHolder(folder)?.pid).toBe(process.pid);
  });

  it("is free again after release, and says that the predecessor ended well", () => {
    acquireLock(folder).release();
    expect(lockHolder(folder)).toBeUndefined();
    expect(acquireLock(folder).predecessorCrashed).toBe(false);
  });

  it("takes over from a dead holder, and says so", () => {
    acquireLock(folder, dead);
    expect(acquireLock(folder).predecessorCrashed).toBe(true);
  });

  it("is not deceived by another process that was given the dead holder's pid", () => {
    acquireLock(folder, { pid: process.pid, startMark: "an earlier process" });
    expect(acquireLock(folder).predecessorCrashed).toBe(true);
  });

  it("takes over from a lock file that a full disk left unreadable", () => {
    writeFileSync(join(folder, "lock.3"), "");
    expect(acquireLock(folder).predecessorCrashed).toBe(true);
    expect(readdirSync(folder)).toEqual(["lock.4"]);
  });

  it("leaves one lock file and no drafts, however often it changes hands", () => {
    for (let round = 0; round < 20; round++) acquireLock(folder).release();
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("never loses to an old number: a slow starter that meant to take a passed number is refused", () => {
    acquireLock(folder, dead).release();
    const lock = acquireLock(folder, ownIdentity());
    writeFileSync(join(folder, "lock.1"), JSON.stringify(dead));
    expect(refusal().code).toBe("LOCK_HELD");
    lock.release();
  });
});

describe("a race of starters", () => {
  const starters = 6;
  const rounds = 60;

  /** Each thread waits at the barrier, then tries once; the shared counter has the winners of each round. */
  const thread = `
    import { workerData } from "node:worker_threads";
    const { acquireLock } = await import(workerData.module);
    const [barrier, winners] = [new Int32Array(workerData.barrier), new Int32Array(workerData.winners)];
    for (let round = 0; round < workerData.rounds; round++) {
      Atomics.add(barrier, round, 1);
      Atomics.notify(barrier, round);
      for (let here; (here = Atomics.load(barrier, round)) < workerData.starters; ) Atomics.wait(barrier, round, here);
      try { acquireLock(workerData.folders[round]); Atomics.add(winners, round, 1); } catch (error) { if (error.code !== "LOCK_HELD") throw error; }
    }
  `;

  it.each(["fresh", "stale", "released"])("has exactly one winner on a %s folder", async (kind) => {
    const folders = Array.from({ length: rounds }, () => mkdtempSync(join(folder, "race-")));
    for (const path of folders) {
      if (kind === "stale") acquireLock(path, dead);
      if (kind === "released") acquireLock(path, dead).release();
    }
    const [barrier, winners] = [new SharedArrayBuffer(4 * rounds), new SharedArrayBuffer(4 * rounds)];
    const workerData = { module: new URL("./lock.ts", import.meta.url).href, barrier, winners, folders, rounds, starters };
    const source = new URL(`data:text/javascript,${encodeURIComponent(thread)}`);
    await Promise.all(
      Array.from({ length: starters }, () => {
        const worker = new Worker(source, { workerData });
        return new Promise<void>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve()));
      }),
    );
    expect([...new Int32Array(winners)]).toEqual(folders.map(() => 1));
  });
});
