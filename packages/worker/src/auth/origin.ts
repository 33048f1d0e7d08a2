/**
 * Which names this server answers to, and which pages may call it. The Host rule stops DNS rebinding: a name that a
 * stranger can own and point at this machine is refused unless the owner named it. The Origin rule stops other sites
 * and other ports of this host.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { isOnCloudflare } from "./address.ts";

/** Names nobody can register in the public DNS. */
const privateSuffixes = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

/** Throws ORIGIN_NOT_ALLOWED for a Host that could be a rebound name. On Cloudflare the owner's own zone routed it. */
export function checkHost(request: Request, allowedHosts: readonly string[], { hostname } = new URL(request.url)): void {
  if (isOwnName(hostname, allowedHosts) || isOnCloudflare(request)) return;
  throw new MoltError("ORIGIN_NOT_ALLOWED", {
    message: `the assistant does not answer to the host name "${hostname.slice(0, 80)}"`,
    hint: "Open it at the address that `moltworker status` prints, or name this host when starting it (MOLTWORKER_ALLOWED_HOSTS).",
  });
}

/** Throws ORIGIN_NOT_ALLOWED when a browser says that another site or port made the request. Programs send no Origin and pass. */
export function checkOrigin(request: Request, allowedHosts: readonly string[]): void {
  checkHost(request, allowedHosts);
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site") throw refused(request);
  const origin = request.headers.get("origin");
  if (origin === null) return;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  const own = new URL(request.url);
  if (!from || (from.protocol !== "http:" && from.protocol !== "https:")) throw refused(request);
  // A proxy may rewrite Host; then the owner has named the outer one. Another port of the same host is never that.
  const named = allowedHosts.includes(from.host) && from.hostname !== own.hostname;
  const same = from.host === own.host && (own.protocol === "http:" || from.protocol === "https:");
  if (!same && !named) throw refused(request);
}

/** Host names from the environment: separated by commas or spaces, lower case, with or without port. */
export function readAllowedHosts(text: string | null | undefined): string[] {
  return (text ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== "");
}

function isOwnName(hostname: string, allowedHosts: readonly string[]): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (name.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return true;
  if (!name.includes(".") || privateSuffixes.some((suffix) => name.endsWith(suffix))) return true;
  return allowedHosts.some((allowed) => allowed.replace(/:\d+$/, "") === name);
}

function refused(request: Request): MoltError {
  return new MoltError("ORIGIN_NOT_ALLOWED", {
    message: "origin not allowed (open the assistant at its own address)",
    details: { origin: (request.headers.get("origin") ?? "").slice(0, 200) },
  });
}
