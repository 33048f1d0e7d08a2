/** What the supervisor tells the assistant: lines that only it has seen, and which build lies on disk. For the host key alone. */

import * as z from "zod";
import type { BuildWatch } from "../platform/build.ts";
import type { LogRing } from "../storage/log-ring.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const line = z.looseObject({
  ts: z.iso.datetime(),
  level: z.enum(["debug", "info", "warn", "error"]),
  event: z.string().min(1).max(200),
});
const report = z.strictObject({
  lines: z.array(line).max(500).optional(),
  build: z
    .strictObject({ id: z.string().min(1).max(80), version: z.string().min(1).max(40), builtAt: z.string().min(1).max(40) })
    .optional(),
});
const maxReportBytes = 1_000_000;

export function hostReportRoutes({ logs, builds }: { logs: LogRing; builds: BuildWatch }): RouteGroup {
  return (app, allowed) => {
    app.post("/api/host/report", async (context) => {
      await allowed(context, "api.host.report");
      const { lines = [], build } = await readJson(context.req.raw, report, maxReportBytes);
      for (const one of lines) logs.append(JSON.stringify(one));
      if (build) builds.saw({ ...build, by: "files" });
      return json({ ok: true, running: builds.running.id });
    });
  };
}
