/** Finds the assistant that runs on a data folder, for the commands that speak to it. */

import { MoltError } from "@moltworker/protocol/errors";
import { locateDataFolder } from "../supervisor/data-folder.ts";
import { lockHolder } from "../supervisor/lock.ts";
import { type RunRecord, readRun } from "../supervisor/run-file.ts";

/** Throws NOT_RUNNING, or UNAVAILABLE while it is still starting. */
export function findRunning(data: string | undefined): RunRecord {
  const folder = locateDataFolder(data);
  const holder = lockHolder(folder.path);
  if (!holder) throw new MoltError("NOT_RUNNING", { message: `no assistant runs on ${folder.path}` });
  const run = readRun(folder.path);
  if (!run?.port || run.supervisor.pid !== holder.pid)
    throw new MoltError("UNAVAILABLE", { message: `the assistant (pid ${holder.pid}) is still starting` });
  return run;
}
