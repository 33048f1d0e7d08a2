import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { endProcess, isAlive, ownIdentity, pidsWithArgument, startMarkOf } from "./process-identity.ts";

function sleeper(argument = "x") {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log('up')", "--", argument], {
    stdio: ["ignore", "pipe", "ignore"],
  });
}

describe("process identity", () => {
  it("knows this process, and only this one, under its pid", () => {
    expect(isAlive(ownIdentity())).toBe(true);
    expect(isAlive({ pid: process.pid, startMark: "another boot" })).toBe(false);
    expect(startMarkOf(2 ** 22 + 1)).toBeUndefined();
  });

  it("ends a process and sees that it is gone", async () => {
    const child = sleeper();
    await once(child.stdout, "data");
    const identity = { pid: child.pid as number, startMark: startMarkOf(child.pid as number) as string };
    expect(isAlive(identity)).toBe(true);
    expect(await endProcess(identity)).toBe(true);
    expect(isAlive(identity)).toBe(false);
    expect(await endProcess(identity)).toBe(true);
  });

  it.runIf(process.platform === "linux")("counts a zombie as gone", async () => {
    // The shell's child ends at once and nobody collects it: the shell has become a program that never waits.
    const shell = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(shell.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    while (startMarkOf(pid) !== undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(startMarkOf(pid)).toBeUndefined();
    shell.kill("SIGKILL");
  });

  it.runIf(process.platform === "linux")("finds processes by a whole argument", async () => {
    const child = sleeper("--directory-path=do-storage=/tmp/only-here");
    await once(child.stdout, "data");
    expect(pidsWithArgument("--directory-path=do-storage=/tmp/only-here")).toEqual([child.pid]);
    expect(pidsWithArgument("--directory-path=do-storage=/tmp/only")).toEqual([]);
    child.kill("SIGKILL");
  });
});
