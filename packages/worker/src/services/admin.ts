/** What the admin looks after that no other part has: the log, the audit as a file, the build that runs against the one that should. */

import type { Audit } from "../auth/audit.ts";
import { auditExportRoutes } from "../edge/audit-export.ts";
import { hostReportRoutes } from "../edge/host-report.ts";
import type { BuildWatch } from "../platform/build.ts";
import type { LogRing } from "../storage/log-ring.ts";
import type { Part } from "./part.ts";

export function createAdmin(given: { audit: Audit; logs: LogRing; builds: BuildWatch }): Part {
  const groups = [hostReportRoutes(given), auditExportRoutes(given)];
  return {
    routes(app, allowed) {
      for (const add of groups) add(app, allowed);
    },
  };
}
