/** `moltworker restart`: the running assistant drains and begins anew with the files that lie on disk now, at the same address. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { baseUrl, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

const longestMs = 30_000;

export async function restart(options: { data?: string }, output: Output): Promise<void> {
  const before = findRunning(options.data);
  process.kill(before.supervisor.pid, "SIGUSR2");
  const deadline = Date.now() + longestMs;
  while (Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const run = findRunning(options.data);
    if (run.workerd?.pid === before.workerd?.pid) continue;
    const answer = await callHost(run, "GET", "/readyz", 1_000).catch(() => undefined);
    if (answer?.status !== 200) continue;
    const url = baseUrl(run);
    return output.result(`restarted at ${url}`, { type: "restarted", url, workerdPid: run.workerd?.pid });
  }
  throw new MoltError("TIMEOUT", {
    message: `the assistant (pid ${before.supervisor.pid}) did not come back within ${longestMs / 1_000} s`,
    hint: "Read why with `npx moltworker logs`.",
  });
}
