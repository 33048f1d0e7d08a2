/** `GET /api/export`: everything in open formats, as one tar.gz that is made while it is read. */

import { addressOf } from "../auth/address.ts";
import { type Audit, auditName } from "../auth/audit.ts";
import { type ExportDeps, exportFiles } from "../export/export-files.ts";
import { tarStream } from "../export/tar-stream.ts";
import type { RouteGroup } from "./route-group.ts";

export function exportRoutes(deps: ExportDeps, audit: Audit): RouteGroup {
  return (app, allowed) => {
    app.get("/api/export", async (context) => {
      const principal = await allowed(context, "api.export");
      const nowMs = deps.clock.now();
      const address = addressOf(context.req.raw);
      audit.record({ who: auditName(principal), surface: "http", action: "export", outcome: "ok", address });
      const gzip = new CompressionStream("gzip") as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
      const day = new Date(nowMs).toISOString().slice(0, 10);
      return new Response(tarStream(exportFiles(deps), nowMs).pipeThrough(gzip), {
        headers: {
          "content-type": "application/gzip",
          "content-disposition": `attachment; filename="moltworker-${day}.tar.gz"`,
          "cache-control": "no-store",
        },
      });
    });
  };
}
