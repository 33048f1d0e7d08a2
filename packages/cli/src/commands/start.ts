/** `moltworker start`: runs the assistant in the foreground until it is told to stop. */

import { randomBytes } from "node:crypto";
import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { createDataFolder, gatewayToken } from "../supervisor/data-folder.ts";
import { baseUrl } from "../supervisor/host-api.ts";
import { acquireLock, type Lock } from "../supervisor/lock.ts";
import { reapOrphans } from "../supervisor/orphans.ts";
import { readRun } from "../supervisor/run-file.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { findBuiltFiles, findWorkerd } from "../supervisor/workerd-binary.ts";
import { version } from "../version.ts";

export interface StartOptions {
  port: number;
  host: string;
  data?: string;
  /** Another folder for the snapshots, such as a second disk. */
  snapshots?: string;
  /** False with --no-open. */
  open: boolean;
}

/** Resolves after a clean stop. */
export async function start(options: StartOptions, output: Output): Promise<void> {
  const [binary, built] = [findWorkerd(), findBuiltFiles()];
  const folder = createDataFolder(options.data, options.snapshots);
  const lock = takeLock(folder.path);
  try {
    if (lock.predecessorCrashed) {
      const ended = await reapOrphans(folder);
      if (ended.length > 0) output.note(`ended the server that a crash had left running (pid ${ended.join(", ")})`);
    }
    const supervisor = new Supervisor(
      {
        folder,
        host: options.host,
        port: options.port,
        binary,
        built,
        hostKey: randomBytes(32).toString("hex"),
        gatewayToken: gatewayToken(folder, process.env),
        environment: process.env,
        version,
      },
      (event) => {
        output.event(event);
        if (event.type === "ready" && options.open) void openBrowser(event.link);
      },
    );
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => supervisor.stop());
    process.on("SIGUSR2", () => supervisor.restart("`moltworker restart` was called"));
    await supervisor.run();
  } finally {
    lock.release();
  }
}

/** LOCK_HELD names the holder's address too, when it has one. */
function takeLock(folder: string): Lock {
  try {
    return acquireLock(folder);
  } catch (error) {
    const run = error instanceof MoltError && error.code === "LOCK_HELD" ? readRun(folder) : undefined;
    if (!run?.port || !(error instanceof MoltError) || run.supervisor.pid !== error.details.pid) throw error;
    const url = baseUrl(run);
    throw new MoltError("LOCK_HELD", {
      message: `${error.message}, at ${url}`,
      hint: "Open it with `moltworker link`, stop it with `moltworker stop`, or start with another --data folder.",
      details: { ...error.details, url },
    });
  }
}

/** Only for a person in front of a screen: a terminal, and on Linux a display. */
async function openBrowser(link: string): Promise<void> {
  const { platform, env } = process;
  if (!process.stdout.isTTY || (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY)) return;
  const openers: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    darwin: ["open", [link]],
    win32: ["cmd", ["/c", "start", "", link]],
  };
  const [program, args] = openers[platform] ?? ["xdg-open", [link]];
  const { spawn } = await import("node:child_process");
  const child = spawn(program, args, { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}
