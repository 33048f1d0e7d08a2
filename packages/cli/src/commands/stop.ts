/** `moltworker stop`: asks the running assistant to drain, and waits until it is gone. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { locateDataFolder } from "../supervisor/data-folder.ts";
import { lockHolder } from "../supervisor/lock.ts";

const longestMs = 15_000;

export async function stop(options: { data?: string }, output: Output): Promise<void> {
  const folder = locateDataFolder(options.data);
  const holder = lockHolder(folder.path);
  if (!holder) throw new MoltError("NOT_RUNNING", { message: `no assistant runs on ${folder.path}` });
  process.kill(holder.pid, "SIGTERM");
  const deadline = Date.now() + longestMs;
  while (lockHolder(folder.path)?.pid === holder.pid) {
    if (Date.now() > deadline)
      throw new MoltError("TIMEOUT", { message: `the assistant (pid ${holder.pid}) did not stop within ${longestMs / 1_000} s` });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  output.result("stopped", { type: "stopped", pid: holder.pid });
}
