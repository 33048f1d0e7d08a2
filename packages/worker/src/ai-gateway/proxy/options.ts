/** The `cf-aig-*` headers of a request, and the `config` of a universal element, read strictly: a wrong value is a clear refusal. */

import { MoltError } from "@moltworker/protocol/errors";
import type { CustomCost } from "../governor/governor.ts";
import type { HeaderRecord } from "./headers.ts";

export interface CallOptions {
  skipCache: boolean;
  /** Seconds; undefined: not asked for. */
  cacheTtl: number | undefined;
  cacheKey: string | undefined;
  collectLog: boolean | undefined;
  collectPayload: boolean | undefined;
  metadata: Readonly<Record<string, string | number | boolean>>;
  eventId: string | undefined;
  customCost: CustomCost | undefined;
  /** Milliseconds to the first byte. */
  requestTimeoutMs: number | undefined;
  maxAttempts: number | undefined;
  retryDelayMs: number | undefined;
  backoff: "constant" | "linear" | "exponential" | undefined;
  keyAlias: string | undefined;
}

type Raw = Record<string, unknown>;
const none = Object.freeze({});

/** Throws INVALID_REQUEST, naming the header. */
export function optionsFromHeaders(headers: HeaderRecord): CallOptions {
  for (const name in headers) if (name.startsWith("cf-") && name !== "cf-aig-authorization") return readOptions(headers);
  return unsaid;
}

function readOptions(headers: HeaderRecord): CallOptions {
  const cache = (name: string) => headers[`cf-aig-${name}`] ?? headers[`cf-${name}`];
  return {
    skipCache: flag("cf-aig-skip-cache", cache("skip-cache")) ?? false,
    cacheTtl: seconds("cf-aig-cache-ttl", cache("cache-ttl")),
    cacheKey: short("cf-aig-cache-key", headers["cf-aig-cache-key"], 1_024),
    collectLog: flag("cf-aig-collect-log", headers["cf-aig-collect-log"]),
    collectPayload: flag("cf-aig-collect-log-payload", headers["cf-aig-collect-log-payload"]),
    metadata: metadata(headers["cf-aig-metadata"]),
    eventId: short("cf-aig-event-id", headers["cf-aig-event-id"], 256),
    customCost: customCost(headers["cf-aig-custom-cost"]),
    requestTimeoutMs: whole("cf-aig-request-timeout", headers["cf-aig-request-timeout"], 1, 3_600_000),
    maxAttempts: whole("cf-aig-max-attempts", headers["cf-aig-max-attempts"], 1, 5),
    retryDelayMs: whole("cf-aig-retry-delay", headers["cf-aig-retry-delay"], 0, 5_000),
    backoff: backoff(headers["cf-aig-backoff"]),
    keyAlias: short("cf-aig-byok-alias", headers["cf-aig-byok-alias"], 64),
  };
}

/** What most calls say. */
const unsaid: CallOptions = Object.freeze(readOptions({}));

/** An element's `config` over the request's own headers. Throws INVALID_REQUEST. */
export function withConfig(options: CallOptions, config: Raw | undefined): CallOptions {
  if (!config) return options;
  const given: Partial<CallOptions> = {
    skipCache: flag("config.skipCache", config.skipCache),
    cacheTtl: seconds("config.cacheTtl", config.cacheTtl),
    cacheKey: short("config.cacheKey", config.cacheKey, 1_024),
    collectLog: flag("config.collectLog", config.collectLog),
    eventId: short("config.eventId", config.eventId, 256),
    requestTimeoutMs: whole("config.requestTimeout", config.requestTimeout, 1, 3_600_000),
    maxAttempts: whole("config.maxAttempts", config.maxAttempts, 1, 5),
    retryDelayMs: whole("config.retryDelay", config.retryDelay, 0, 5_000),
    backoff: backoff(config.backoff),
    ...(config.metadata === undefined ? {} : { metadata: metadata(JSON.stringify(config.metadata)) }),
  };
  return { ...options, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function bad(name: string, what: string): MoltError {
  return new MoltError("INVALID_REQUEST", { message: `${name} ${what}`, hint: "Correct the value, or leave it out." });
}

function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0" || value === "") return false;
  throw bad(name, "must be true or false");
}

function whole(name: string, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most || value === "")
    throw bad(name, `must be a whole number from ${least} to ${most}`);
  return number;
}

/** 60 seconds to one month, as Cloudflare bounds it; less is raised, more is cut. */
function seconds(name: string, value: unknown): number | undefined {
  const ttl = whole(name, value, 0, 2_592_000);
  return ttl === undefined || ttl === 0 ? ttl : Math.max(60, ttl);
}

function short(name: string, value: unknown, most: number): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || value.length > most) throw bad(name, `must be text of at most ${most} characters`);
  return value;
}

function backoff(value: unknown): CallOptions["backoff"] {
  if (value === undefined) return undefined;
  if (value === "constant" || value === "linear" || value === "exponential") return value;
  throw bad("cf-aig-backoff", "must be constant, linear or exponential");
}

function parse(name: string, text: string): Raw {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Raw;
  } catch {
    // Said below.
  }
  throw bad(name, "must be a JSON object");
}

function metadata(text: string | undefined): CallOptions["metadata"] {
  if (text === undefined) return none;
  const entries = Object.entries(parse("cf-aig-metadata", text)).filter(([, value]) => value !== null);
  if (entries.length > 5) throw bad("cf-aig-metadata", "may have at most five entries");
  for (const [key, value] of entries) {
    if (key.startsWith("cf.")) throw bad("cf-aig-metadata", "may not use keys that begin with `cf.`");
    if (!["string", "number", "boolean"].includes(typeof value))
      throw bad("cf-aig-metadata", "may hold text, numbers and booleans only");
    if (String(value).length > 1_024 || key.length > 128) throw bad("cf-aig-metadata", "has an entry that is too long");
  }
  return Object.fromEntries(entries) as CallOptions["metadata"];
}

function customCost(text: string | undefined): CustomCost | undefined {
  if (text === undefined) return undefined;
  const cost = parse("cf-aig-custom-cost", text);
  const price = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;
  if (price(cost.total_cost)) return { totalCost: cost.total_cost };
  if (price(cost.per_token_in) && price(cost.per_token_out))
    return { perTokenIn: cost.per_token_in, perTokenOut: cost.per_token_out };
  throw bad("cf-aig-custom-cost", "must be {per_token_in, per_token_out} or {total_cost}, in dollars");
}
