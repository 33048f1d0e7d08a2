/** `moltworker status`: what runs on this data folder, and whether it answers. */

import type { Output } from "../output.ts";
import { answerError, baseUrl, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export async function status(options: { data?: string }, output: Output): Promise<void> {
  const run = findRunning(options.data);
  const answer = await callHost(run, "GET", "/readyz");
  if (answer.status !== 200) throw answerError(answer);
  const url = baseUrl(run);
  const { startedAt, version, supervisor, workerd } = run;
  output.result(`running at ${url} since ${startedAt} (version ${version}, pid ${supervisor.pid})`, {
    type: "status",
    url,
    startedAt,
    version,
    pid: supervisor.pid,
    workerdPid: workerd?.pid,
  });
}
