/** One try at one target with one key: sends, looks at the beginning, and says whether it may be delivered or what went wrong. */

import { type ErrorCode, isMoltError, MoltError } from "@moltworker/protocol/errors";
import { type Bytes, joinBytes, textOf, utf8 } from "./call-body.ts";
import { decodeWhole } from "./codings.ts";
import { Exchange } from "./exchange.ts";
import { isErrorObject, readOpening } from "./first-event.ts";
import { isEventStream } from "./headers.ts";
import type { AnswerSource, Bad, Good, Target, TryInput } from "./plan.ts";
import { usageFromJson } from "./usage-scan.ts";

const mostErrorBytes = 1_048_576;
const mostUnpackedBytes = 67_108_864;
/** Larger whole bodies are passed on as they come. */
const mostWholeBytes = 8_388_608;
/** For how long the opening of a stream may be held back, milliseconds. */
const holdMs = 10_000;

export async function attemptTarget(input: TryInput): Promise<Good | Bad> {
  const { target, key, timeouts, egress, signal } = input;
  const { upstream } = target;
  const headers = { ...target.headers };
  if (target.ownKey) headers[target.ownKey.name] = target.ownKey.value;
  else if (key) headers[upstream.keyHeader.name] = `${upstream.keyHeader.prefix}${key.value}`;
  Object.assign(headers, upstream.gatewayHeaders);
  const body = target.bytes ?? target.stream;
  const exchange = new Exchange({ upstream, method: target.method, headers, body, timeouts, signal });
  let begun = false;
  try {
    const response = await exchange.send(egress);
    if (!response.ok) return await refused(exchange, response, target);
    begun = true;
    return await (isEventStream(response.headers) ? opened(exchange, response, target) : whole(exchange, response, target));
  } catch (thrown) {
    exchange.end();
    return badFrom(exchange.fault ?? (isMoltError(thrown) ? thrown : unreadable(target, thrown)), begun);
  }
}

/** A try that ended without a word of the provider's. */
export function badFrom(error: MoltError, begun: boolean): Bad {
  const isFinal = error.code === "EGRESS_BLOCKED" || error.code === "INVALID_REQUEST";
  const kind = error.code === "ABORTED" ? "stopped" : isFinal ? "final" : "transient";
  return { ok: false, error, said: null, kind, begun };
}

function sourceOf(exchange: Exchange, response: Response): AnswerSource {
  return {
    read: () => exchange.read(response),
    split: () => exchange.split(response),
    end: () => exchange.end(),
    finished: () => exchange.finished(),
    fault: () => exchange.fault,
  };
}

/** What both kinds of good answers share. */
function good(exchange: Exchange, response: Response, more: Pick<Good, "whole" | "held" | "ended" | "usage">): Good {
  const { status, headers } = response;
  return { ok: true, status, headers, source: sourceOf(exchange, response), warnings: [], ...more };
}

/** A body that cannot be decoded, as a rule. */
function unreadable(target: Target, cause: unknown): MoltError {
  return new MoltError("PROVIDER_BAD_RESPONSE", { message: `${target.upstream.label} sent a body that cannot be read`, cause });
}

export async function refused(exchange: Exchange, response: Response, target: Target): Promise<Bad> {
  const { status } = response;
  const body = await readWhole(exchange, response, mostErrorBytes);
  exchange.end();
  const said = { status, headers: response.headers, body: joinBytes(body.chunks) };
  const retryAfterMs = retryAfterOf(response.headers);
  const { label, provider } = target.upstream;
  const details = { provider, model: target.model, status };
  if (status < 400) {
    const error = new MoltError("PROVIDER_BAD_RESPONSE", {
      message: `${label} answered with a redirect, which is not followed`,
      hint: "Check the provider's base URL.",
      details,
    });
    return { ok: false, error, said: null, kind: "final", begun: false };
  }
  const code = codeOf(status);
  const error = new MoltError(code, {
    message: `${label} answered with status ${status}`,
    details,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
  return { ok: false, error, said, kind: kindOf(status), begun: false };
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return "PROVIDER_KEY_REJECTED";
  if (status === 402) return "PROVIDER_QUOTA";
  if (status === 413) return "CONTEXT_TOO_LARGE";
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  return status >= 500 || status === 408 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REFUSED";
}

function kindOf(status: number): Bad["kind"] {
  if (status === 401) return "key";
  if (status === 429) return "limited";
  // 403 is about one model as a rule, 402 about the account: another key may do, waiting will not.
  if (status === 402 || status === 403) return "limited";
  return status >= 500 || status === 408 ? "transient" : "final";
}

async function opened(exchange: Exchange, response: Response, target: Target): Promise<Good | Bad> {
  const until = Date.now() + holdMs;
  const opening = await readOpening(
    () => exchange.read(response),
    () => Date.now() < until,
  );
  if (opening.kind === "content") {
    if (opening.ended) exchange.finished();
    return good(exchange, response, { whole: null, held: opening.held, ended: opening.ended, usage: undefined });
  }
  exchange.end();
  if (opening.kind === "error") return errorInside(target, response.headers, opening.data);
  const error = new MoltError("PROVIDER_BAD_RESPONSE", { message: `${target.upstream.label} sent an empty answer` });
  return { ok: false, error, said: null, kind: "transient", begun: true };
}

async function whole(exchange: Exchange, response: Response, target: Target): Promise<Good | Bad> {
  const { chunks, ended } = await readWhole(exchange, response, mostWholeBytes);
  if (!ended) return good(exchange, response, { whole: null, held: chunks, ended: false, usage: undefined });
  exchange.finished();
  const coded = joinBytes(chunks);
  const bytes = isZstd(response.headers, coded) ? await unpacked(coded, target) : coded;
  let json: Record<string, unknown> | undefined;
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      json = JSON.parse(textOf(bytes)) as Record<string, unknown>;
    } catch {
      // The caller sees it as it is.
    }
  }
  if (json && typeof json === "object" && target.dialect !== "other" && isErrorObject(json))
    return errorInside(target, response.headers, JSON.stringify(json));
  return good(exchange, response, { whole: bytes, held: [], ended: true, usage: usageFromJson(json) });
}

async function unpacked(coded: Uint8Array, target: Target): Promise<Bytes> {
  try {
    return await decodeWhole(coded, "zstd", mostUnpackedBytes);
  } catch (cause) {
    throw unreadable(target, cause);
  }
}

/** A coding that was not asked for and that the platform leaves as it is. */
const isZstd = (headers: Headers, bytes: Uint8Array): boolean =>
  headers.get("content-encoding") === "zstd" && bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;

async function readWhole(
  exchange: Exchange,
  response: Response,
  most: number,
): Promise<{ chunks: Uint8Array[]; ended: boolean }> {
  const declared = response.headers.get("content-length");
  // A coded body is longer than it says.
  if (declared !== null && Number(declared) <= most && !response.headers.has("content-encoding"))
    return { chunks: [await exchange.readAll(response)], ended: true };
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total <= most) {
    const chunk = await exchange.read(response);
    if (!chunk) return { chunks, ended: true };
    chunks.push(chunk);
    total += chunk.length;
  }
  return { chunks, ended: false };
}

/** An error inside a 200 gets the status that it means. */
function errorInside(target: Target, headers: Headers, data: string): Bad {
  const status = statusInside(data);
  const said = new Headers(headers);
  said.set("content-type", "application/json");
  const error = new MoltError(codeOf(status), {
    message: `${target.upstream.label} began with an error`,
    details: { provider: target.upstream.provider, model: target.model, status },
  });
  return {
    ok: false,
    error,
    said: { status, headers: said, body: utf8(data) },
    kind: kindOf(status),
    begun: true,
  };
}

function statusInside(data: string): number {
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(data) as Record<string, unknown>;
  } catch {
    return 502;
  }
  const response = json.response as Record<string, unknown> | undefined;
  const error = (json.error ?? response?.error ?? json) as Record<string, unknown>;
  for (const value of [error.status, error.code, error.statusCode])
    if (typeof value === "number" && value >= 400 && value < 600) return value;
  const kind = [error.type, error.code, error.status].filter((value) => typeof value === "string").join(" ");
  if (/overloaded/i.test(kind)) return 529;
  if (/rate_limit|too_many|resource_exhausted/i.test(kind)) return 429;
  if (/insufficient_quota|billing/i.test(kind)) return 402;
  if (/authentication|invalid_api_key|unauthenticated/i.test(kind)) return 401;
  if (/permission/i.test(kind)) return 403;
  if (/not_found/i.test(kind)) return 404;
  return /invalid_request|invalid_argument|context_length/i.test(kind) ? 400 : 502;
}

/** Milliseconds from `retry-after-ms` or `retry-after` (seconds or a date). */
function retryAfterOf(headers: Headers): number | undefined {
  const precise = headers.get("retry-after-ms");
  if (precise !== null && Number(precise) >= 0) return Number(precise);
  const wish = headers.get("retry-after");
  if (wish === null) return undefined;
  const ms = /^[\d.]+$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - Date.now();
  return ms >= 0 ? ms : undefined;
}
