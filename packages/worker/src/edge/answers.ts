/** Answers that are not content: JSON, and errors in the one error shape. Nothing here is ever cached. */

import { errorTable, errorToWire, isMoltError, MoltError, moltErrorFrom, type WireError } from "@moltworker/protocol/errors";
import type { Principal } from "../auth/principal.ts";
import { refusalOf } from "../auth/refusals.ts";
import type { Log } from "../platform/log.ts";

export function json(body: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  return new Response(JSON.stringify(body), {
    status: init.status ?? 200,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...init.headers },
  });
}

/** `{error}` with the code's HTTP status. An unknown throwable becomes INTERNAL: logged whole, sent without its words. */
export function errorAnswer(thrown: unknown, log?: Log): Response {
  const error = moltErrorFrom(thrown);
  if (!isMoltError(thrown)) log?.error("http.failed", { error: thrown });
  return json({ error: errorToWire(error) }, { status: statusOf(error), headers: retryHeader(error) });
}

/** 405 with the methods that are possible. */
export function methodRefused(method: string, allow: string): Response {
  const error = new MoltError("INVALID_REQUEST", {
    message: `${method.slice(0, 20)} is not possible here`,
    hint: `Possible: ${allow}.`,
  });
  return json({ error: errorToWire(error) }, { status: 405, headers: { allow } });
}

function statusOf(error: MoltError): number {
  return errorTable[error.code].http;
}

function retryHeader(error: MoltError): Record<string, string> {
  return error.retryAfterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))) };
}

/** `{error}` when the caller presented something that was refused, else nothing. */
export function refusalBody(principal: Principal): { error?: WireError } {
  return principal.kind === "anonymous" && principal.refusal ? { error: errorToWire(refusalOf(principal)) } : {};
}
