/**
 * The network address of a caller, for limits and the audit alone: an address is never an identity. It comes from the
 * runtime; a header counts only on Cloudflare, where the edge overwrites what a client sent.
 */

/** `request.cf` as far as we read it: raw workerd sets `clientIp` ("ip:port"), Cloudflare's edge sets `colo`. */
interface Connection {
  clientIp?: unknown;
  colo?: unknown;
}

export function addressOf(request: Request): string {
  const connection = (request.cf ?? {}) as Connection;
  if (typeof connection.colo === "string") return normalise(request.headers.get("cf-connecting-ip") ?? "unknown");
  return typeof connection.clientIp === "string" ? normalise(withoutPort(connection.clientIp)) : "unknown";
}

/** True on Cloudflare's edge, where host names are routed by the owner's own zones. */
export function isOnCloudflare(request: Request): boolean {
  return typeof ((request.cf ?? {}) as Connection).colo === "string";
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text);
  if (bracketed?.[1]) return bracketed[1];
  const first = text.indexOf(":");
  return first >= 0 && first === text.lastIndexOf(":") ? text.slice(0, first) : text;
}

/** IPv4-mapped addresses lose their prefix; IPv6 is counted by /64, since one household owns a whole one. */
function normalise(address: string): string {
  const text = address.trim().toLowerCase();
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text);
  if (mapped?.[1]) return mapped[1];
  if (!text.includes(":") || text === "::1") return text.slice(0, 64);
  return `${expand(text).slice(0, 4).join(":")}::/64`;
}

function expand(text: string): string[] {
  const [head = "", tail] = text.split("%")[0]?.split("::") ?? [];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill("0"), ...right].map((group) => group.replace(/^0+(?=.)/, ""));
}
