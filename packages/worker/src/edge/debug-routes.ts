/**
 * moltworker's `/debug/*`, for whoever still asks there: the same shapes, filled with what is true where no container holds the
 * gateway. No route runs a command, reads a file of the machine, or changes anything; all of them are for the owner.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { seedVariables } from "@moltworker/protocol/variables";
import type { Hono } from "hono";
import type { Build } from "../platform/build.ts";
import type { LogRing } from "../storage/log-ring.ts";
import { json } from "./answers.ts";
import type { Allowed } from "./route-group.ts";

export interface DebugRouteDeps {
  build: Build;
  bootId: string;
  startedAt: number;
  logs: LogRing;
  /** Names of the variables that are set; never their values. */
  setVariables(): string[];
  /** Settings; no secret is among them. */
  settings(): unknown;
  /** What the assistant says of itself. */
  status(): Record<string, unknown>;
}

const lines = 200;

export function addDebugRoutes(app: Hono, deps: DebugRouteDeps, allowed: Allowed): void {
  const { build, bootId, startedAt, logs } = deps;
  const guarded = (path: string, answer: (query: URLSearchParams) => object) =>
    app.get(path, async (context) => {
      await allowed(context, "api.admin.state");
      return json(answer(new URL(context.req.url).searchParams));
    });
  const said = () => logs.tail({ limit: lines, maxBytes: 500_000 }).lines.join("\n");
  /** The one process that there is: this object. */
  const process = {
    id: bootId,
    command: "assistant",
    status: "running",
    startTime: new Date(startedAt).toISOString(),
    exitCode: null,
  };

  guarded("/debug/version", () => ({ moltworker: build.version, build: build.id, built_at: build.builtAt, runtime: "workerd" }));
  guarded("/debug/env", () => {
    const set = new Set(deps.setVariables());
    return { variables: Object.fromEntries(seedVariables.map((name) => [name, set.has(name)])) };
  });
  guarded("/debug/processes", (query) => {
    const withLogs = query.get("logs") === "true" ? { stdout: said(), stderr: "" } : {};
    return { count: 1, processes: [{ ...process, ...withLogs }] };
  });
  guarded("/debug/logs", (query) => {
    const id = query.get("id");
    if (id !== null && id !== bootId)
      throw new MoltError("NOT_FOUND", {
        message: `there is no process "${id.slice(0, 60)}"`,
        hint: "Take an id from /debug/processes, or leave it out.",
      });
    return { status: "ok", process_id: bootId, process_status: "running", stdout: said(), stderr: "" };
  });
  guarded("/debug/gateway-api", (query) => {
    const path = query.get("path") ?? "/";
    return {
      path,
      status: 200,
      contentType: "application/json",
      body: deps.status(),
      message:
        "The gateway is this assistant itself: there is no second server to pass the path on to. Ask its own addresses instead.",
    };
  });
  guarded("/debug/container-config", () => ({ status: "ok", exitCode: null, config: deps.settings(), raw: null, stderr: "" }));
  guarded("/debug/ws-test", () => ({
    ok: true,
    path: "/ws",
    message: "Open a WebSocket at /ws; `npx moltworker doctor <address>` tries it with every step named.",
  }));
  app.all("/debug/cli", async (context) => {
    await allowed(context, "api.admin.state");
    throw new MoltError("NOT_FOUND", {
      message: "no route runs a command here",
      hint: "Use the method of the same name over the socket, such as `openclaw devices list` or `openclaw gateway call <method>`.",
    });
  });
}
