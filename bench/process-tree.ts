/** Memory and processor time of a process and all that it started, from /proc. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface TreeUse {
  processes: number;
  /** Shared pages counted in each process. */
  rssMb: number;
  /** Shared pages counted once. */
  pssMb: number;
  cpuMs: number;
}

const clockTickMs = 10;

/** The process and its descendants that live now. */
function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined;
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(entry)]);
  }
  const collect = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(collect)];
  return collect(pid);
}

/** Holds a process and all that it started to one core. False where the machine has no such tool. */
export function pinTree(pid: number, core: number): boolean {
  return treeOf(pid).every((one) => spawnSync("taskset", ["-a", "-c", "-p", String(core), String(one)]).status === 0);
}

export function useOf(pid: number): TreeUse {
  const use: TreeUse = { processes: 0, rssMb: 0, pssMb: 0, cpuMs: 0 };
  for (const one of treeOf(pid)) {
    const stat = statOf(one);
    const rollup = read(`/proc/${one}/smaps_rollup`);
    if (!stat || rollup === undefined) continue;
    use.processes += 1;
    use.cpuMs += stat.cpuMs;
    use.rssMb += kilobytes(rollup, "Rss") / 1_024;
    use.pssMb += kilobytes(rollup, "Pss") / 1_024;
  }
  return use;
}

function statOf(pid: number): { parent: number; cpuMs: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (!fields) return undefined;
  return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * clockTickMs };
}

const kilobytes = (rollup: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
