/** What the admin looks after that no other part has: the log, the build that runs against the one that should. */

import { hostReportRoutes } from "../edge/host-report.ts";
import type { BuildWatch } from "../platform/build.ts";
import type { LogRing } from "../storage/log-ring.ts";
import type { Part } from "./part.ts";

export function createAdmin(given: { logs: LogRing; builds: BuildWatch }): Part {
  return { routes: hostReportRoutes(given) };
}
