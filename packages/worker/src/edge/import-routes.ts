/** Import over HTTP: an archive goes in as the body, a report comes out; the report's hash starts what it says. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import * as z from "zod";
import { addressOf } from "../auth/address.ts";
import { type Audit, auditName } from "../auth/audit.ts";
import type { Importer } from "../import/importer.ts";
import type { ImportSource } from "../import/staging.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const applyBody = z.strictObject({ hash: z.string().min(8).max(64) });

/** The bucket of a moltworker that was here before. */
export interface OldBucket {
  name: string;
  open(): ImportSource;
}

export function importRoutes(importer: Importer, audit: Audit, oldBucket?: OldBucket): RouteGroup {
  return (app, allowed) => {
    app.get("/api/import", async (context) => {
      await allowed(context, "api.import");
      return json(await importer.report());
    });
    app.put("/api/import", async (context) => {
      await allowed(context, "api.import");
      const { raw } = context.req;
      if (!raw.body) throw new MoltError("INVALID_REQUEST", { message: "the archive is missing", hint: "Send it as the body." });
      const name = new URL(raw.url).searchParams.get("name") ?? "archive";
      return json(await importer.stage(name, raw.body as ReadableStream<Uint8Array>), { status: 201 });
    });
    app.get("/api/import/sources", async (context) => {
      await allowed(context, "api.import");
      return json({ bucket: oldBucket?.name ?? null });
    });
    app.put("/api/import/bucket", async (context) => {
      await allowed(context, "api.import");
      if (!oldBucket)
        throw new MoltError("NOT_FOUND", {
          message: "no bucket of an older moltworker is bound here",
          hint: "Bind it as MOLTBOT_BUCKET and deploy, or run `npx moltworker import s3://<bucket>` with its keys.",
        });
      return json(await importer.stage(oldBucket.name, oldBucket.open()), { status: 201 });
    });
    app.post("/api/import/apply", async (context) => {
      const principal = await allowed(context, "api.import");
      const { hash } = await readJson(context.req.raw, applyBody);
      const entry = {
        who: auditName(principal),
        surface: "http" as const,
        action: "import",
        address: addressOf(context.req.raw),
      };
      try {
        const report = await importer.apply(hash, principal);
        const failed = report.lines.filter(({ verdict }) => verdict === "failed").length;
        audit.record({ ...entry, outcome: "ok", detail: `${report.name}: ${report.lines.length} things, ${failed} failed` });
        return json(report);
      } catch (thrown) {
        audit.record({ ...entry, outcome: moltErrorFrom(thrown).code });
        throw thrown;
      }
    });
    app.delete("/api/import", async (context) => {
      await allowed(context, "api.import");
      importer.discard();
      return json({ ok: true });
    });
  };
}
