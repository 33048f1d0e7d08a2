/** The AI gateway's management over HTTP. */

import { pruneUsage } from "../ai-gateway/usage-log.ts";
import { type GatewayAdminDeps, gatewayAdminRoutes } from "../edge/gateway-admin-routes.ts";
import type { Database } from "../storage/database.ts";
import type { Part } from "./part.ts";

const dayMs = 86_400_000;

export function createGatewayBooksPart(deps: GatewayAdminDeps & { db: Database }): Part {
  return {
    routes: gatewayAdminRoutes(deps),
    prune() {
      const { keepDays, maxRows } = deps.limits().log;
      pruneUsage(deps.db, deps.clock.now() - keepDays * dayMs, maxRows);
    },
  };
}
