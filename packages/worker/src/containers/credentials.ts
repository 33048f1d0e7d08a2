/**
 * Credentials that are added on the way out: a container asks `http://<host>/…`, its network hands the request to the
 * assistant, and the assistant goes on by https with the header that the owner keeps. The value is never in the container.
 */

import type { ContainerCredential } from "@moltworker/protocol/containers";
import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Egress } from "../platform/egress.ts";

export interface CredentialRule {
  /** As the container names it: `api.github.com`. */
  host: string;
  /** The header that carries it, in small letters. */
  header: string;
  /** What stands before the value; `Basic` encodes `user:password`. */
  scheme: "Bearer" | "Basic" | "none";
  /** Where it really is, when not at `https://<host>`; named by the owner, so it may be a private address. */
  url?: string | undefined;
}

export interface Credentials {
  list(): ContainerCredential[];
  set(host: string, value: string): void;
  delete(host: string): void;
  /** Names the host in the settings, or changes what they say of it; keeps the value. Throws CONFIG_INVALID. */
  add(rule: RuleChange, value: string): void;
  /** Value and rule are gone. Throws NOT_FOUND. */
  remove(host: string): void;
  /** The answer of the host that the request names. Never throws. */
  answer(request: Request): Promise<Response>;
}

/** What is absent stays as it is; for a new host it is a bearer in `authorization`. */
export interface RuleChange {
  host: string;
  header?: string | undefined;
  scheme?: CredentialRule["scheme"] | undefined;
  url?: string | undefined;
}

interface Deps {
  rules(): readonly CredentialRule[];
  /** Throws CONFIG_INVALID when the settings refuse them. */
  setRules(rules: readonly CredentialRule[]): void;
  /** The assistant's own; names begin with `container.`. */
  secrets: {
    get(name: string): string | undefined;
    set(name: string, value: string, source: "typed"): void;
    delete(name: string): void;
  };
  egress: Egress;
}

const secretName = (host: string) => `container.${host}`;
const firstByteTimeoutMs = 120_000;
/** Of this hop, not of the request. */
const hopHeaders = ["host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "cookie"];

export function createCredentials({ rules, setRules, secrets, egress }: Deps): Credentials {
  async function answer(request: Request): Promise<Response> {
    const asked = new URL(request.url);
    const rule = rules().find(({ host }) => host === asked.hostname);
    const value = rule && secrets.get(secretName(rule.host));
    if (!rule || value === undefined) {
      const why = rule ? "its credential is not set" : "no credential is kept for it";
      return refused(403, `${asked.hostname} is not answered for this container: ${why}`);
    }
    const origin = new URL(rule.url ?? `https://${rule.host}`);
    const target = new URL(asked.pathname + asked.search, origin);
    const headers = new Headers(request.headers);
    for (const name of [...hopHeaders, "authorization", rule.header]) headers.delete(name);
    headers.set(rule.header, headerValue(rule.scheme, value));
    try {
      const { method, body } = request;
      const answered = await egress.fetch(
        target,
        { method, headers, body },
        { named: rule.url !== undefined, firstByteTimeoutMs },
      );
      return homeward(answered, origin, rule.host);
    } catch (thrown) {
      return refused(502, moltErrorFrom(thrown).message);
    }
  }

  return {
    list: () => rules().map(({ host, header, scheme }) => ({ host, header, scheme, isSet: isSet(host) })),
    set: (host, value) => secrets.set(secretName(host), value, "typed"),
    delete: (host) => secrets.delete(secretName(host)),
    add(change, value) {
      const present = rules().find(({ host }) => host === change.host);
      const given = Object.fromEntries(Object.entries(change).filter(([, part]) => part !== undefined));
      const first: CredentialRule = { host: change.host, header: "authorization", scheme: "Bearer" };
      setRules([...rules().filter((rule) => rule !== present), { ...(present ?? first), ...given }]);
      secrets.set(secretName(change.host), value, "typed");
    },
    remove(host) {
      if (!rules().some((rule) => rule.host === host)) throw unknownHost(host);
      secrets.delete(secretName(host));
      setRules(rules().filter((rule) => rule.host !== host));
    },
    answer,
  };

  function isSet(host: string): boolean {
    return secrets.get(secretName(host)) !== undefined;
  }
}

export function unknownHost(host: string): MoltError {
  return new MoltError("NOT_FOUND", {
    message: `the settings name no credential for "${host.slice(0, 60)}"`,
    hint: "`moltworker credentials` lists them; `moltworker credentials set` adds one.",
  });
}

function headerValue(scheme: CredentialRule["scheme"], value: string): string {
  if (scheme === "none") return value;
  if (scheme === "Bearer") return `Bearer ${value}`;
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`;
}

/** A redirect within the host stays on the way that adds the credential; one that leads elsewhere is the container's own to follow. */
function homeward(answered: Response, origin: URL, host: string): Response {
  const location = answered.headers.get("location");
  const target = location === null ? null : URL.parse(location, origin.href);
  if (target?.origin !== origin.origin) return answered;
  const headers = new Headers(answered.headers);
  headers.set("location", `http://${host}${target.pathname}${target.search}${target.hash}`);
  return new Response(answered.body, { status: answered.status, headers });
}

function refused(status: number, message: string): Response {
  return new Response(`moltworker: ${message}\n`, { status, headers: { "content-type": "text/plain" } });
}
