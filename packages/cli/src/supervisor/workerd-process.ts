/**
 * One workerd process. It runs in its own session, so that Ctrl-C reaches the supervisor alone and the drain stays bounded,
 * and on Linux the kernel ends it with its supervisor. Secrets travel in its environment, never in its arguments.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { findProgram } from "./workerd-binary.ts";

export interface WorkerdSettings {
  binary: string;
  /** The compiled configuration, with the Worker's modules inside. */
  config: string;
  /** `host:port` to listen on; port 0 for a free one. */
  address: string;
  /** Folders by their name in the configuration. */
  folders: Record<string, string>;
  environment: Record<string, string>;
  /** Working directory: the configuration names the supervisor's socket relative to it. */
  folder: string;
  onLine(text: string): void;
}

export interface WorkerdExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Workerd {
  pid: number;
  /** The port, once it listens. Stays pending when workerd ends first. */
  listening: Promise<number>;
  /** Settles after the last log line was read. Never rejects. */
  exited: Promise<WorkerdExit>;
  kill(signal: NodeJS.Signals): void;
}

/** Names the process in /proc, so that an orphan of this folder can be found. */
export function objectsArgument(folder: string): string {
  return `--directory-path=do-storage=${folder}`;
}

/**
 * workerd's allocator keeps its caches per processor only where the C library leaves it that way of the kernel's to know the
 * processor; otherwise each allocation costs more, which is 5 to 10 % of all that a call to a model costs.
 */
export const allocation = process.platform === "linux" ? { GLIBC_TUNABLES: "glibc.pthread.rseq=0" } : {};

/** Throws when the binary cannot be started at all. */
export function spawnWorkerd(settings: WorkerdSettings): Promise<Workerd> {
  const args = [
    "serve",
    "--binary",
    settings.config,
    `--socket-addr=http=${settings.address}`,
    ...Object.entries(settings.folders).map(([name, path]) => `--directory-path=${name}=${path}`),
    "--control-fd=3",
  ];
  const guard = process.platform === "linux" ? findProgram("setpriv") : undefined;
  const [program, programArgs] = guard
    ? [guard, ["--pdeathsig", "KILL", "--", settings.binary, ...args]]
    : [settings.binary, args];
  const child = spawn(program, programArgs, {
    cwd: settings.folder,
    detached: true,
    env: { ...allocation, ...settings.environment },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(wrap(child, settings.onLine)));
  });
}

function wrap(child: ChildProcess, onLine: (text: string) => void): Workerd {
  const [, stdout, stderr, control] = child.stdio as unknown as [null, Readable, Readable, Readable];
  for (const stream of [stdout, stderr]) createInterface({ input: stream }).on("line", onLine);
  return {
    pid: child.pid as number,
    listening: new Promise((resolve) => {
      createInterface({ input: control }).on("line", (line) => {
        const message = JSON.parse(line) as { event?: string; port?: number };
        if (message.event === "listen" && message.port !== undefined) resolve(message.port);
      });
    }),
    exited: new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal }))),
    kill(signal) {
      child.kill(signal);
    },
  };
}
