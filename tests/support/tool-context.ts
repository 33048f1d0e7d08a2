/** What a tool is given, for unit tests: a real workspace in memory, a fake network, a clock that gives the event loop turns. */

import { MoltError } from "../../packages/protocol/src/errors.ts";
import type { ToolContext, ToolOutcome } from "../../packages/worker/src/agent/tool.ts";
import type { Sandbox } from "../../packages/worker/src/containers/sandbox/sandbox.ts";
import { systemClock } from "../../packages/worker/src/platform/clock.ts";
import type { Egress } from "../../packages/worker/src/platform/egress.ts";
import { createWorkspace, type Workspace, workspaceMigration } from "../../packages/worker/src/storage/workspace.ts";
import { createTestDatabase } from "./database.ts";

/** An empty workspace in memory, or one that holds `files`. */
export function createTestWorkspace(files: Record<string, string | Uint8Array> = {}): Workspace {
  const db = createTestDatabase();
  for (const statement of workspaceMigration) db.run(statement);
  const workspace = createWorkspace(db, systemClock);
  workspace.apply(
    Object.entries(files).map(([path, content]) => ({
      path,
      content: typeof content === "string" ? new TextEncoder().encode(content) : content,
    })),
  );
  return workspace;
}

const noNetwork: Egress = {
  fetch: () => Promise.reject(new Error("this test has no network")),
};

/** As on a machine without an engine. */
const noSandbox: Sandbox = {
  missing: async () => new MoltError("CONTAINER_ENGINE_MISSING"),
  anticipate: () => {},
  hasNetwork: () => false,
  run: () => Promise.reject(new MoltError("CONTAINER_ENGINE_MISSING")),
  startJob: () => Promise.reject(new MoltError("CONTAINER_ENGINE_MISSING")),
  jobs: () => Promise.reject(new MoltError("CONTAINER_ENGINE_MISSING")),
  readJob: () => Promise.reject(new MoltError("CONTAINER_ENGINE_MISSING")),
  stopJob: () => Promise.reject(new MoltError("CONTAINER_ENGINE_MISSING")),
};

export function createToolContext(workspace: Workspace, overrides: Partial<ToolContext> = {}): ToolContext {
  return {
    workspace,
    egress: noNetwork,
    sandbox: noSandbox,
    clock: systemClock,
    sessionKey: "main",
    runId: "run",
    toolCallId: "call",
    signal: new AbortController().signal,
    onUpdate: () => {},
    ...overrides,
  };
}

/** What the runner does with a call that went well. */
export function commit(workspace: Workspace, outcome: ToolOutcome): ToolOutcome {
  if (!outcome.isError) workspace.apply(outcome.changes ?? []);
  return outcome;
}

/** All files as text, by path. */
export function filesOf(workspace: Workspace): Record<string, string> {
  return Object.fromEntries(workspace.list().map(({ path }) => [path, new TextDecoder().decode(workspace.read(path))]));
}
