/** The AI gateway's management over HTTP. */

import { type GatewayAdminDeps, gatewayAdminRoutes } from "../edge/gateway-admin-routes.ts";
import type { Part } from "./part.ts";

export function createGatewayBooksPart(deps: GatewayAdminDeps): Part {
  return { routes: gatewayAdminRoutes(deps) };
}
