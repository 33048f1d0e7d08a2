import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDataFolder, type DataFolder } from "./data-folder.ts";
import { reapOrphans } from "./orphans.ts";
import { ownIdentity, startMarkOf } from "./process-identity.ts";
import { readRun, writeRun } from "./run-file.ts";
import { objectsArgument } from "./workerd-process.ts";

let folder: DataFolder;
beforeEach(() => {
  folder = createDataFolder(mkdtempSync(join(tmpdir(), "moltworker-orphans-")));
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

async function leftover(argument: string): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log('up')", "--", argument], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  return child.pid as number;
}

function record(workerd: { pid: number; startMark: string }): void {
  writeRun(folder.path, {
    supervisor: ownIdentity(),
    workerd,
    host: "127.0.0.1",
    port: 1,
    hostKey: "k",
    startedAt: "",
    version: "",
  });
}

describe("reapOrphans", () => {
  it("ends the server that the last run recorded, and forgets the run", async () => {
    const pid = await leftover("recorded");
    record({ pid, startMark: startMarkOf(pid) as string });
    expect(await reapOrphans(folder)).toEqual([pid]);
    expect(startMarkOf(pid)).toBeUndefined();
    expect(readRun(folder.path)).toBeUndefined();
  });

  it("leaves alone a process that merely has the recorded pid", async () => {
    record({ pid: process.pid, startMark: "an earlier process" });
    expect(await reapOrphans(folder)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("finds a server of this folder that was killed before it was recorded", async () => {
    const pid = await leftover(objectsArgument(folder.objects));
    expect(await reapOrphans(folder)).toEqual([pid]);
    expect(startMarkOf(pid)).toBeUndefined();
  });
});
