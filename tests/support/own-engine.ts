/**
 * A Docker Engine of a test's own, so that it can be killed: with its own data, its own network and no part in the machine's
 * firewall. It has our two images from the engine that the machine runs. Needs root.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./sandbox-world.ts";

export interface OwnEngine {
  socketPath: string;
  /** As if it crashed: the engine is gone at once, with the way to its containers; what ran goes on for now. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const startMs = 60_000;
const bridge = `mwt${process.pid % 10_000}`;
const subnet = `172.31.${process.pid % 250}`;

export async function startOwnEngine(images: readonly string[]): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-dockerd-"));
  const socketPath = join(folder, "docker.sock");
  ip("link", "add", "name", bridge, "type", "bridge");
  ip("addr", "add", `${subnet}.1/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  let child: ChildProcess | undefined;

  const flags = [
    ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "--pidfile", join(folder, "pid")],
    ...["-H", `unix://${socketPath}`, "--bridge", bridge],
    ...["--iptables=false", "--ip-forward=false", "--ip-masq=false"],
  ];
  const engine: OwnEngine = {
    socketPath,
    async start() {
      // What the last one left: it would be taken for a process that runs.
      for (const name of ["pid", "exec/containerd/containerd.pid"]) rmSync(join(folder, name), { force: true });
      child = spawn("dockerd", flags, { stdio: "ignore" });
      const deadline = Date.now() + startMs;
      while (docker(["version", "--format", "{{.Server.Version}}"], socketPath).trim() === "") {
        if (Date.now() > deadline || child.exitCode !== null) throw new Error("the test's own engine does not start");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    kill: () => end(child, "SIGKILL"),
    async close() {
      for (const id of docker(["ps", "-aq"], socketPath).split("\n").filter(Boolean)) docker(["rm", "-f", "-v", id], socketPath);
      await end(child, "SIGTERM");
      endShims(folder);
      ip("link", "del", bridge);
      spawnSync("sh", ["-c", 'for at in $(grep -o " $1/[^ ]*" /proc/mounts); do umount -l "$at"; done', "sh", folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await engine.start();
  const copy = `docker save ${images.join(" ")} | docker -H unix://${socketPath} load`;
  const { status, stderr } = spawnSync("sh", ["-c", copy], { encoding: "utf8" });
  if (status === 0) return engine;
  await engine.close();
  throw new Error(`the images could not be copied: ${stderr}`);
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(late);
}

/** The keepers of containers whose engine was killed outlive it: those whose command line names this folder, and no others. */
function endShims(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const isShim = words[0]?.endsWith("containerd-shim-runc-v2") && words.some((word) => word.startsWith(`${folder}/`));
      if (isShim) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended on its own.
    }
  }
}

function ip(...args: string[]): void {
  spawnSync("ip", args, { stdio: "ignore" });
}
