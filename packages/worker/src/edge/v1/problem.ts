/** Failures in OpenAI's error shape, with our code, cause and cure in it. */

import { type ErrorCode, errorTable, isMoltError, type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Log } from "../../platform/log.ts";
import { json } from "../answers.ts";

export interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  /** Ours: see docs/error-codes.md. */
  code: ErrorCode;
  /** One sentence of cure. */
  hint: string;
  details?: Record<string, unknown>;
}

/** A provider's 401 is not the client's: its own token was right. */
const asUpstream: ReadonlySet<ErrorCode> = new Set(["PROVIDER_KEY_MISSING", "PROVIDER_KEY_REJECTED"]);

export function openAiError(error: MoltError): OpenAiError {
  const { param, ...details } = error.details;
  return {
    // Clients show this sentence and nothing else, so the cure is in it too.
    message: `${error.message.replace(/\.?$/, ".")} ${error.hint}`,
    type: typeOf(statusOf(error)),
    param: typeof param === "string" ? param : null,
    code: error.code,
    hint: error.hint,
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}

/** `repeatable`: sending the same request again can do no harm. OpenAI's clients do so by themselves unless told not to. */
export function problem(thrown: unknown, log: Log, repeatable: boolean): Response {
  const error = moltErrorFrom(thrown);
  if (!isMoltError(thrown)) log.error("http.failed", { error: thrown });
  const retry: Record<string, string> =
    error.retryAfterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))) };
  return json(
    { error: openAiError(error) },
    { status: statusOf(error), headers: { ...retry, "x-should-retry": String(repeatable && error.retryable) } },
  );
}

const statusOf = (error: MoltError): number => (asUpstream.has(error.code) ? 502 : errorTable[error.code].http);

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
