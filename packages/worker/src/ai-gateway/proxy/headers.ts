/** What travels on in either direction. Nothing of ours, of the network in between or of the caller's person goes up. */

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "content-length",
]);

/** Headers in which a credential can come; whose it is, the caller's reader decides. */
export const credentialHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key", "xi-api-key"] as const;

const neverUp: ReadonlySet<string> = new Set([
  "host",
  "cookie",
  "forwarded",
  "via",
  "origin",
  "referer",
  "true-client-ip",
  "x-real-ip",
  "x-client-ip",
  "x-session-affinity",
  "accept-encoding",
  "content-encoding",
  ...credentialHeaders,
]);
const neverUpPrefix = /^(cf-|x-forwarded-|proxy-|sec-|x-moltworker-|x-molt-)/;

/** Who we are at the provider is nobody's business below, and cookies would mix its callers. */
const neverDown: ReadonlySet<string> = new Set([
  "set-cookie",
  "openai-organization",
  "openai-project",
  "anthropic-organization-id",
  "x-organization-id",
  "alt-svc",
  "server",
  "via",
  "nel",
  "report-to",
  "reporting-endpoints",
  "strict-transport-security",
  "content-encoding",
  "content-security-policy",
  "clear-site-data",
  "access-control-allow-origin",
  "access-control-allow-credentials",
]);
const neverDownPrefix = /^(cf-|proxy-|x-moltworker-)/;

/** Headers by their lower-case name. Made by the dozen for every call: a `Headers` object costs several times as much. */
export type HeaderRecord = Record<string, string>;

/** All of them, read once: each question put to the platform's object costs as much as a dozen put to a record. */
export function recordFrom(headers: Headers): HeaderRecord {
  const record: HeaderRecord = Object.create(null) as HeaderRecord;
  for (const [name, value] of headers) record[name] = value;
  return record;
}

/** The caller's headers as the provider may see them. Credentials are added by whoever knows them. */
export function headersUp(incoming: HeaderRecord, isStream: boolean): HeaderRecord {
  const out: HeaderRecord = {};
  const named = namedByConnection(incoming);
  for (const name in incoming) {
    if (hopByHop.has(name) || neverUp.has(name) || neverUpPrefix.test(name) || named?.has(name)) continue;
    out[name] = incoming[name] as string;
  }
  // A compressed event stream waits for its compressor.
  out["accept-encoding"] = isStream ? "identity" : "gzip, br";
  return out;
}

/** The provider's headers as the caller may see them. The body is decoded by then, so its coding and length are gone. */
export function headersDown(incoming: HeaderRecord): HeaderRecord {
  const out: HeaderRecord = {};
  const named = namedByConnection(incoming);
  for (const name in incoming) {
    if (hopByHop.has(name) || neverDown.has(name) || neverDownPrefix.test(name) || named?.has(name)) continue;
    out[name] = incoming[name] as string;
  }
  // What a provider sends is data: no browser shall take it for a page of this host.
  out["x-content-type-options"] = "nosniff";
  out["content-security-policy"] = "sandbox; default-src 'none'";
  if (isEventStream(incoming)) {
    out["cache-control"] = "no-cache, no-transform";
    out["x-accel-buffering"] = "no";
  }
  return out;
}

export const isEventStream = (headers: HeaderRecord): boolean =>
  headers["content-type"]?.startsWith("text/event-stream") === true;

function namedByConnection({ connection: value }: HeaderRecord): Set<string> | undefined {
  if (value === undefined) return undefined;
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}
