/** One try at one target with one key: sends, looks at the beginning, and says whether it may be delivered or what went wrong. */

import { type ErrorCode, isMoltError, MoltError } from "@moltworker/protocol/errors";
import { type Bytes, joinBytes, textOf, utf8 } from "./call-body.ts";
import { decodeWhole } from "./codings.ts";
import { Exchange } from "./exchange.ts";
import { isErrorObject, readOpening } from "./first-event.ts";
import { type HeaderRecord, isEventStream, recordFrom } from "./headers.ts";
import type { AnswerSource, Bad, Good, Target, TryInput } from "./plan.ts";
import { usageFromJson } from "./usage-scan.ts";

const mostErrorBytes = 1_048_576;
const mostUnpackedBytes = 67_108_864;
/** Larger whole bodies are passed on as they come. */
const mostWholeBytes = 8_388_608;
/** For how long the opening of a stream may be held back, milliseconds. */
const holdMs = 10_000;

export async function attemptTarget(input: TryInput): Promise<Good | Bad> {
  const { target, key, timeouts, egress, deadlines, signal } = input;
  const { upstream } = target;
  const headers = { ...target.headers };
  if (target.ownKey) headers[target.ownKey.name] = target.ownKey.value;
  else if (key) headers[upstream.keyHeader.name] = `${upstream.keyHeader.prefix}${key.value}`;
  Object.assign(headers, upstream.gatewayHeaders);
  const body = target.bytes ?? target.stream;
  const exchange = new Exchange({ upstream, method: target.method, headers, body, timeouts, deadlines, signal });
  let begun = false;
  try {
    const response = await exchange.send(egress);
    if (!response.ok) return await refused(exchange, response, target);
    begun = true;
    const answer: Answer = { exchange, response, headers: recordFrom(response.headers) };
    return await (isEventStream(answer.headers) ? opened(answer, target) : whole(answer, target));
  } catch (thrown) {
    exchange.end();
    return badFrom(exchange.fault ?? (isMoltError(thrown) ? thrown : unreadable(target, thrown)), begun);
  }
}

interface Answer {
  exchange: Exchange;
  response: Response;
  headers: HeaderRecord;
  carried?: AnswerSource["carried"];
}

/** A try that ended without a word of the provider's. */
export function badFrom(error: MoltError, begun: boolean): Bad {
  const isFinal = error.code === "EGRESS_BLOCKED" || error.code === "INVALID_REQUEST";
  const kind = error.code === "ABORTED" ? "stopped" : isFinal ? "final" : "transient";
  return { ok: false, error, said: null, kind, begun };
}

function sourceOf({ exchange, response, carried }: Answer): AnswerSource {
  return {
    read: () => exchange.read(response),
    ...(carried ? { carried } : {}),
    end: () => exchange.end(),
    finished: () => exchange.finished(),
    fault: () => exchange.fault,
  };
}

/** What both kinds of good answers share. */
function good(answer: Answer, more: Pick<Good, "whole" | "held" | "ended" | "usage">): Good {
  const { response, headers } = answer;
  return { ok: true, status: response.status, headers, source: sourceOf(answer), warnings: [], ...more };
}

/** A body that cannot be decoded, as a rule. */
function unreadable(target: Target, cause: unknown): MoltError {
  return new MoltError("PROVIDER_BAD_RESPONSE", { message: `${target.upstream.label} sent a body that cannot be read`, cause });
}

export async function refused(exchange: Exchange, response: Response, target: Target): Promise<Bad> {
  const { status } = response;
  const headers = recordFrom(response.headers);
  const body = await readWhole({ exchange, response, headers }, mostErrorBytes);
  exchange.end();
  const said = { status, headers, body: joinBytes(body.chunks) };
  const retryAfterMs = retryAfterOf(headers);
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

async function opened(answer: Answer, target: Target): Promise<Good | Bad> {
  const { exchange, response, headers } = answer;
  // Taking something out of the stream needs every chunk; else the platform carries them and we look on.
  if (!target.addedUsage && response.body) answer.carried = exchange.split(response);
  const until = Date.now() + holdMs;
  const opening = await readOpening(
    () => exchange.read(response),
    () => Date.now() < until,
  );
  if (opening.kind === "content") {
    if (opening.ended) exchange.finished();
    return good(answer, { whole: null, held: opening.held, ended: opening.ended, usage: undefined });
  }
  exchange.end();
  if (opening.kind === "error") return errorInside(target, headers, opening.data);
  const error = new MoltError("PROVIDER_BAD_RESPONSE", { message: `${target.upstream.label} sent an empty answer` });
  return { ok: false, error, said: null, kind: "transient", begun: true };
}

async function whole(answer: Answer, target: Target): Promise<Good | Bad> {
  const { exchange, headers } = answer;
  const { chunks, ended } = await readWhole(answer, mostWholeBytes);
  if (!ended) return good(answer, { whole: null, held: chunks, ended: false, usage: undefined });
  exchange.finished();
  const coded = joinBytes(chunks);
  const bytes = isZstd(headers, coded) ? await unpacked(coded, target) : coded;
  let json: Record<string, unknown> | undefined;
  if (headers["content-type"]?.includes("json")) {
    try {
      json = JSON.parse(textOf(bytes)) as Record<string, unknown>;
    } catch {
      // The caller sees it as it is.
    }
  }
  if (json && typeof json === "object" && target.dialect !== "other" && isErrorObject(json))
    return errorInside(target, headers, JSON.stringify(json));
  return good(answer, { whole: bytes, held: [], ended: true, usage: usageFromJson(json) });
}

async function unpacked(coded: Uint8Array, target: Target): Promise<Bytes> {
  try {
    return await decodeWhole(coded, "zstd", mostUnpackedBytes);
  } catch (cause) {
    throw unreadable(target, cause);
  }
}

/** A coding that was not asked for and that the platform leaves as it is. */
const isZstd = (headers: HeaderRecord, bytes: Uint8Array): boolean =>
  headers["content-encoding"] === "zstd" && bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;

async function readWhole(
  { exchange, response, headers }: Answer,
  most: number,
): Promise<{ chunks: Uint8Array[]; ended: boolean }> {
  const declared = headers["content-length"];
  // A coded body is longer than it says.
  if (declared !== undefined && Number(declared) <= most && headers["content-encoding"] === undefined)
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
function errorInside(target: Target, headers: HeaderRecord, data: string): Bad {
  const status = statusInside(data);
  const said = { ...headers, "content-type": "application/json" };
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
function retryAfterOf(headers: HeaderRecord): number | undefined {
  const precise = headers["retry-after-ms"];
  if (precise !== undefined && Number(precise) >= 0) return Number(precise);
  const wish = headers["retry-after"];
  if (wish === undefined) return undefined;
  const ms = /^[\d.]+$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - Date.now();
  return ms >= 0 ? ms : undefined;
}
