/**
 * From what a provider did wrong to a MoltError that names cause and cure. Foreign error texts are read here and nowhere
 * else; what is quoted of them is short, and never holds the key.
 */

import { isMoltError, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { redact } from "../platform/log.ts";

/** Who failed, for messages and for removing the key from foreign text. */
export interface FaultSource {
  /** Provider's label. */
  label: string;
  provider: string;
  model: string;
  apiKey: string | undefined;
}

const contextWords =
  /context[ _-]?(length|window|limit|size)|maximum context|prompt is too long|too many (input )?tokens|input token count.{0,40}exceeds|exceeds? the (available )?context|reduce the length|request_too_large|maximum prompt length/i;
const quotaWords =
  /insufficient[_ ](quota|balance|credits?|funds)|credit balance|billing_(error|hard_limit)|out of credits|payment required|requires more credits/i;
/** Google says this for limits per minute too, and then tells when to come back. */
const quotaOrRateWords = /exceeded your current quota/i;
const keyWords = /api key (not valid|expired|not found)|invalid[_ ](x-)?api[_ -]?key|incorrect api key|no auth credentials/i;
const malformedNames = /JSONParse|TypeValidation|InvalidResponseData|NoContentGenerated|EmptyResponseBody/;
const modelWords =
  /model.{0,80}(not found|not exist|not supported|unknown|not available)|(unknown|invalid|no such) model|model_not_found|models\/\S+ is not found/i;

/** An answer with a status outside 2xx. `body` may be cut. */
export function faultFromStatus(source: FaultSource, status: number, headers: Headers, body: string): MoltError {
  if (/^\s*<(!doctype|html)/i.test(body) && status < 500 && status !== 429)
    return notAnApi(source, `an HTML page with status ${status}`);
  const words = wordsOf(source, body);
  const retryAfterMs = retryAfterOf(headers, body);
  return faultFromWords(source, status, `${words} ${codesOf(body)}`, { words, retryAfterMs, isJson: parse(body) !== undefined });
}

interface Said {
  words: string;
  /** Said inside a 200, so the status is a guess from the kind of error. */
  inStream?: boolean;
  retryAfterMs?: number | undefined;
  isJson?: boolean;
}

function faultFromWords(source: FaultSource, status: number, haystack: string, said: Said): MoltError {
  const { label, model } = source;
  const { words, retryAfterMs } = said;
  const details = {
    provider: source.provider,
    model,
    ...(said.inStream ? {} : { status }),
    ...(words ? { providerMessage: words } : {}),
  };
  const quoted = words ? `: ${words}` : "";
  if (status === 413 || (status < 500 && status !== 429 && contextWords.test(haystack))) {
    return new MoltError("CONTEXT_TOO_LARGE", {
      message: `${label}: the conversation is larger than ${model} can read`,
      details,
    });
  }
  if (status === 401 || status === 403 || (status === 400 && keyWords.test(haystack))) {
    const message = status === 403 ? `${label} does not let this key use ${model}` : `${label} rejected the key`;
    return new MoltError("PROVIDER_KEY_REJECTED", { message, details: { provider: source.provider, status } });
  }
  const noCredit = quotaWords.test(haystack) || (quotaOrRateWords.test(haystack) && retryAfterMs === undefined);
  if (status === 402 || (noCredit && status < 500)) {
    return new MoltError("PROVIDER_QUOTA", { message: `${label} has no credit left for this key${quoted}`, details });
  }
  if (status === 429) {
    return new MoltError("PROVIDER_RATE_LIMITED", {
      message: `${label} is limiting requests${quoted}`,
      details,
      ...retryAfter(retryAfterMs),
    });
  }
  if ((status === 404 || status === 400) && modelWords.test(haystack)) {
    return new MoltError("MODEL_UNKNOWN", { message: `${label} has no model "${model}"`, details });
  }
  if (status === 404 && !said.isJson) return notAnApi(source, "404: there is no such path");
  if (status === 404) return new MoltError("MODEL_UNKNOWN", { message: `${label} did not find "${model}"${quoted}`, details });
  if (status >= 300 && status < 400) return notAnApi(source, `a redirect (${status})`);
  if (status >= 500 || status === 408 || status === 409) {
    const how = said.inStream ? "broke off with an error" : `failed with status ${status}`;
    return new MoltError("PROVIDER_UNAVAILABLE", { message: `${label} ${how}${quoted}`, details, ...retryAfter(retryAfterMs) });
  }
  return new MoltError("PROVIDER_REFUSED", { message: `${label} refused the request${quoted}`, details });
}

const retryAfter = (ms: number | undefined) => (ms === undefined ? {} : { retryAfterMs: ms });

export function notAnApi(source: FaultSource, what: string): MoltError {
  return new MoltError("PROVIDER_BAD_RESPONSE", {
    message: `${source.label} answered with ${what} instead of a model answer`,
    hint: "Check the provider's base URL under Settings, Models.",
    details: { provider: source.provider, model: source.model },
  });
}

export function badResponse(source: FaultSource, what: string): MoltError {
  return new MoltError("PROVIDER_BAD_RESPONSE", {
    message: `${source.label} ${what}`,
    details: { provider: source.provider, model: source.model },
  });
}

export function cutAnswer(source: FaultSource, cause?: unknown): MoltError {
  const details = { provider: source.provider, model: source.model };
  return new MoltError("PROVIDER_CUT", { message: `${source.label}'s answer was cut off before its end`, details, cause });
}

/** Which time-out struck: no first byte, or silence in the middle. */
export function timedOut(source: FaultSource, phase: "first byte" | "idle", limitMs: number): MoltError {
  const seconds = Math.round(limitMs / 100) / 10;
  const message =
    phase === "first byte"
      ? `${source.label} did not begin to answer within ${seconds} s`
      : `${source.label} went silent for ${seconds} s in the middle of its answer`;
  return new MoltError("PROVIDER_TIMEOUT", {
    message,
    details: { provider: source.provider, model: source.model, phase, limitMs },
  });
}

/** What egress threw: blocked addresses keep their own error, the rest becomes an unreachable provider. */
export function faultFromNetwork(source: FaultSource, error: unknown, host: string): MoltError {
  const own = findMoltError(error);
  if (own && own.code !== "EGRESS_FAILED" && own.code !== "TIMEOUT" && own.code !== "INTERNAL") return own;
  return new MoltError("PROVIDER_UNAVAILABLE", {
    message: `${source.label} could not be reached at ${host}`,
    hint: "Check that it runs and that the network is up, or choose another model.",
    details: { provider: source.provider, model: source.model },
    cause: error,
  });
}

/** An `error` part of a stream, or whatever an SDK threw. */
export function faultFromStream(source: FaultSource, error: unknown): MoltError {
  const own = findMoltError(error);
  if (own) return own;
  const name = error instanceof Error ? error.name : "";
  const record = asRecord(error);
  const inner = innerError(record);
  if (!inner && (malformedNames.test(name) || /normalized \w+ stream error/.test(String(record.message))))
    return badResponse(source, "sent a malformed event");
  if (!inner && /^AI_(Unsupported|Invalid|NoSuch|LoadAPIKey)/.test(name)) {
    return new MoltError("PROVIDER_REFUSED", {
      message: `${source.label} cannot take this request: ${clean(source, String(record.message))}`,
      cause: error,
    });
  }
  if (!inner && error instanceof Error && record.statusCode === undefined) return moltErrorFrom(error);
  const { status, text, haystack } = describe(inner ?? (typeof error === "string" ? { message: error } : record));
  return faultFromWords(source, status, haystack, { words: clean(source, text), isJson: true, inStream: true });
}

/** An SDK's complaint that the stream just stopped; its finish part follows and is judged there. */
export function saysEndIsMissing(error: unknown): boolean {
  return error instanceof Error && /without a finish reason/.test(error.message);
}

/** Errors inside a 200 wear many shapes; a validation failure may hide the provider's own error object. */
function innerError(record: Record<string, unknown>): Record<string, unknown> | undefined {
  for (const holder of [record.value, record.data, record]) {
    const inner = asRecord(holder).error;
    if (typeof inner === "object" && inner !== null) return inner as Record<string, unknown>;
  }
  const response = asRecord(asRecord(record.value).response).error;
  return typeof response === "object" && response !== null ? (response as Record<string, unknown>) : undefined;
}

function describe(error: Record<string, unknown>): { status: number; text: string; haystack: string } {
  const text = typeof error.message === "string" ? error.message : "";
  const kind = `${stringOr(error.type)} ${stringOr(error.code)} ${stringOr(error.status)}`;
  const numeric = [error.statusCode, error.status, error.code].map(Number).find((value) => value >= 400 && value < 600);
  return { status: numeric ?? statusFromKind(kind), text, haystack: `${text} ${kind}` };
}

function statusFromKind(kind: string): number {
  if (/rate_limit|too_many|resource_exhausted/i.test(kind)) return 429;
  if (/authentication|invalid_api_key|unauthenticated|permission/i.test(kind)) return 401;
  if (/not_found/i.test(kind)) return 404;
  if (/insufficient_quota|billing/i.test(kind)) return 402;
  return /invalid_request|invalid_argument|context_length/i.test(kind) ? 400 : 503;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const stringOr = (value: unknown): string => (typeof value === "string" ? value : "");

function findMoltError(error: unknown): MoltError | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current; depth += 1) {
    if (isMoltError(current)) return current;
    current = asRecord(current).cause;
  }
  return undefined;
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return asRecord(Array.isArray(value) ? value[0] : value);
  } catch {
    return undefined;
  }
}

/** The provider's own sentence, cleaned. */
function wordsOf(source: FaultSource, body: string): string {
  const json = parse(body);
  if (!json) return body.trimStart().startsWith("<") ? "" : clean(source, body);
  const error = json.error ?? json.errors;
  const candidates = [
    asRecord(error).message,
    asRecord(Array.isArray(error) ? error[0] : error).message,
    error,
    json.message,
    json.detail,
  ];
  const text = candidates.find((candidate) => typeof candidate === "string");
  return clean(source, typeof text === "string" ? text : "");
}

function codesOf(body: string): string {
  const json = parse(body);
  const error = asRecord(json?.error);
  return [error.code, error.type, error.status, json?.code, json?.type].filter((value) => typeof value === "string").join(" ");
}

function clean(source: FaultSource, text: string): string {
  const withoutKey = source.apiKey && source.apiKey.length > 3 ? text.replaceAll(source.apiKey, "[key]") : text;
  return String(redact(withoutKey)).replace(/\s+/g, " ").trim().slice(0, 300);
}

/** Milliseconds from `retry-after-ms`, `retry-after` (seconds or date), or Google's RetryInfo. */
function retryAfterOf(headers: Headers, body: string): number | undefined {
  const precise = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (precise >= 0) return precise;
  const header = headers.get("retry-after");
  if (header !== null) {
    const seconds = Number(header);
    const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
    if (ms >= 0) return ms;
  }
  const info = /"retryDelay"\s*:\s*"([\d.]+)s"/.exec(body);
  return info ? Number(info[1]) * 1_000 : undefined;
}
