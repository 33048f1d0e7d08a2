/**
 * Tells one process from another that was given the same pid later: a pid alone proves nothing after a crash or a reboot.
 * On Linux the answer comes from /proc, elsewhere from `ps`.
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  pid: number;
  /** When the process began, opaque: equal strings mean the same process on the same boot. */
  startMark: string;
}

let bootId: string | undefined;

/** The start mark of a live process; undefined when it is gone. A zombie counts as gone: it holds nothing any more. */
export function startMarkOf(pid: number): string | undefined {
  if (process.platform !== "linux") return startMarkFromPs(pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The command name in parentheses may hold spaces and parentheses itself, so fields are counted after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === "Z" || state === "X") return undefined;
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return `${bootId}:${startTicks}`;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startMark: startMarkOf(process.pid) ?? "" };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startMarkOf(identity.pid) === identity.startMark;
}

/** Pids of live processes whose arguments contain `argument` exactly. Empty where /proc is absent. */
export function pidsWithArgument(argument: string): number[] {
  if (process.platform !== "linux") return [];
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").includes(argument)) pids.push(Number(name));
    } catch {
      // It ended while we looked.
    }
  }
  return pids;
}

/** Ends a process at once and waits until it is gone. Returns false when it still lives after `timeoutMs`. */
export async function endProcess(identity: ProcessIdentity, timeoutMs = 5_000): Promise<boolean> {
  try {
    process.kill(identity.pid, "SIGKILL");
  } catch {
    return !isAlive(identity);
  }
  const deadline = Date.now() + timeoutMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

function startMarkFromPs(pid: number): string | undefined {
  const { status, stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
  const [state = "Z", ...started] = (stdout ?? "").trim().split(/\s+/);
  return status !== 0 || state.startsWith("Z") ? undefined : started.join(" ");
}
