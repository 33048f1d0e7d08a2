/** Commands that run in the sandbox in the background: look at them, wait for one, stop one. */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineTool, type ToolContext, type ToolOutcome } from "../agent/tool.ts";
import { failed } from "../agent/tool-failure.ts";
import type { SandboxJob } from "../containers/sandbox/sandbox.ts";

const parameters = z.object({
  action: z.enum(["list", "read", "stop"]),
  id: z.string().max(40).optional(),
  after: z.int().min(0).optional(),
  waitSeconds: z.int().min(0).max(30).optional(),
});
type Args = z.infer<typeof parameters>;

export const jobs = defineTool<Args>({
  name: "jobs",
  description: "Background jobs of the sandbox. read: new output after `after`, and at the end the files it changed.",
  parameters,
  effect: () => "idempotent",
  timeoutMs: 60_000,
  async execute(args, context) {
    try {
      return await act(args, context);
    } catch (error) {
      if (error instanceof MoltError) return failed(`${error.message}. ${error.hint}`);
      throw error;
    }
  },
});

async function act({ action, id, after = 0, waitSeconds = 0 }: Args, { sandbox }: ToolContext): Promise<ToolOutcome> {
  if (action === "list") {
    const rows = await sandbox.jobs();
    return { text: rows.map(rowText).join("\n") || "There are no jobs.", meta: `${rows.length} jobs` };
  }
  if (id === undefined) return failed(`\`${action}\` needs the job's id.`);
  if (action === "stop") return { text: rowText(await sandbox.stopJob(id)), meta: id };
  const { job, text, next, changes, notes } = await sandbox.readJob(id, after, waitSeconds * 1_000);
  const shown = [text.trimEnd(), ...notes, rowText(job), `next: ${next}`].filter((part) => part !== "");
  const outside = sandbox.hasNetwork() ? { untrustedFrom: "the sandbox's network" } : {};
  return { text: shown.join("\n"), changes, meta: `${id} · in the sandbox`, ...outside };
}

function rowText({ id, command, running, exitCode, killed }: SandboxJob): string {
  const state = running ? "running" : killed ? `ended: ${killed}` : `ended, exit code ${exitCode ?? "unknown"}`;
  return `${id} ${state}: ${command.split("\n")[0]?.slice(0, 100)}`;
}
