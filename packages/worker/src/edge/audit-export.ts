/** The audit as JSON Lines, newest first, filtered as `audit.list` filters. It is read a page at a time, so it may be long. */

import * as z from "zod";
import { type Audit, auditName } from "../auth/audit.ts";
import { auditFilter } from "../auth/audit-filter.ts";
import { readShape } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const pageRows = 500;
const query = z.strictObject({
  ...auditFilter,
  since: z.coerce.number().int().optional(),
  until: z.coerce.number().int().optional(),
});

export function auditExportRoutes({ audit }: { audit: Audit }): RouteGroup {
  return (app, allowed) => {
    app.get("/api/admin/audit.jsonl", async (context) => {
      const principal = await allowed(context, "api.admin.state");
      const filter = readShape(query, context.req.query());
      audit.record({ who: auditName(principal), surface: "http", action: "audit.export", outcome: "ok" });
      const encoder = new TextEncoder();
      let before: number | undefined;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const rows = audit.list({ limit: pageRows, before, ...filter });
          before = rows.at(-1)?.id;
          for (const row of rows) controller.enqueue(encoder.encode(`${JSON.stringify(row)}\n`));
          if (rows.length < pageRows) controller.close();
        },
      });
      return new Response(body, {
        headers: {
          "content-type": "application/jsonl; charset=utf-8",
          "content-disposition": 'attachment; filename="moltworker-audit.jsonl"',
          "cache-control": "no-store",
        },
      });
    });
  };
}
