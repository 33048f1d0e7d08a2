/** Where each part answers, known without building it: what cannot be had for want of the part is said to be so, by its name. */

import { isGatewayPath } from "../ai-gateway/proxy/address.ts";
import { gatewaySlugs } from "../catalog/gateway-slugs.ts";
import { isHostedPath } from "../edge/hosted-path.ts";

const at =
  (...roots: string[]) =>
  (_: string, pathname: string) =>
    roots.some((root) => pathname === root || pathname.startsWith(`${root}/`));

/** By the name that the guard knows. */
export const partPaths: Readonly<Record<string, (method: string, pathname: string) => boolean>> = {
  admin: at("/api/admin/audit.jsonl"),
  "AI gateway over HTTP": (method, pathname) => isGatewayPath(method, pathname, (segment) => gatewaySlugs.has(segment)),
  channels: at("/channels", "/api/channels"),
  containers: at("/api/containers"),
  export: at("/api/export"),
  "gateway books": at("/api/client", "/api/host/usage", "/api/host/tokens", "/api/host/gateway"),
  "hosted OpenClaw": (_, pathname) => isHostedPath(pathname),
  "HTTP API": at("/v1"),
  import: at("/api/import"),
  snapshots: at("/api/snapshots", "/api/host/snapshots", "/api/admin/storage"),
  webhooks: at("/hooks"),
};
