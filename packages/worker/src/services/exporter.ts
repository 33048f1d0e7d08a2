/** Export, put together. */

import type { Audit } from "../auth/audit.ts";
import { exportRoutes } from "../edge/export-routes.ts";
import type { ExportDeps } from "../export/export-files.ts";
import type { Part } from "./part.ts";

export function createExportPart(given: ExportDeps & { audit: Audit }): Part {
  return { routes: exportRoutes(given, given.audit) };
}
