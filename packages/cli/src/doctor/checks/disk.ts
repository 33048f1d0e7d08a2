import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type Finding, fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { OutsideCheck } from "../check.ts";

const mebibyte = 1_048_576;
/** Below this SQLite's log and a message's pictures no longer fit with certainty. */
const tooLittle = 64 * mebibyte;
const little = 512 * mebibyte;

export const disk: OutsideCheck = {
  id: "disk",
  title: "Disk space",
  about: "The disk of the data folder has at least 512 MB free; below 64 MB nothing can be kept with certainty.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    const { bavail, bsize } = statfsSync(nearestExisting(local.folder.path));
    return judgeSpace(bavail * bsize, local.folder.path);
  },
};

export function judgeSpace(freeBytes: number, path: string): Finding {
  const free = `${Math.floor(freeBytes / mebibyte)} MB free on the disk of ${path}`;
  if (freeBytes >= little) return ok(free);
  return (freeBytes < tooLittle ? fail : warn)("DISK_FULL", `only ${free}`, { text: "Free space on that disk." });
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
