/**
 * Ends what a killed supervisor left behind. Two workerds on one folder would both write, so this happens after the lock
 * is taken and before a new workerd starts.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { DataFolder } from "./data-folder.ts";
import { endProcess, isAlive, type ProcessIdentity, pidsWithArgument, startMarkOf } from "./process-identity.ts";
import { readRun, removeRun } from "./run-file.ts";
import { objectsArgument } from "./workerd-process.ts";

/** Live servers of this folder. Whoever holds the lock is their master; without a holder each is an orphan. */
export function findOrphans(folder: DataFolder): ProcessIdentity[] {
  const recorded = readRun(folder.path)?.workerd;
  const orphans = new Map<number, ProcessIdentity>();
  if (recorded && isAlive(recorded)) orphans.set(recorded.pid, recorded);
  for (const pid of pidsWithArgument(objectsArgument(folder.objects))) {
    const startMark = startMarkOf(pid);
    if (startMark) orphans.set(pid, { pid, startMark });
  }
  return [...orphans.values()];
}

/** Returns the pids it ended. Throws LOCK_HELD when one cannot be ended. */
export async function reapOrphans(folder: DataFolder): Promise<number[]> {
  const orphans = findOrphans(folder);
  for (const orphan of orphans) {
    if (!(await endProcess(orphan))) {
      throw new MoltError("LOCK_HELD", {
        message: `a server left over from a crash (pid ${orphan.pid}) still uses ${folder.path}`,
        hint: `End process ${orphan.pid}, then start again.`,
      });
    }
  }
  removeRun(folder.path);
  return orphans.map((orphan) => orphan.pid);
}
