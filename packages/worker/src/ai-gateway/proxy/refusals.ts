/** The gateway's own errors, in the body that Cloudflare's clients read. A provider's errors never come through here. */

import { type ErrorCode, errorTable, type MoltError } from "@moltworker/protocol/errors";
import type { HeaderRecord } from "./headers.ts";

/** Cloudflare's number and HTTP status of a refusal. */
interface Refusal {
  http: number;
  code: number;
}

/** Errors that only the gateway's paths know. */
export const noSuchGateway: Refusal = { http: 400, code: 2001 };
export const badProvider: Refusal = { http: 400, code: 2008 };
export const noModelPrefix: Refusal = { http: 400, code: 2019 };
export const cannotRun: Refusal = { http: 400, code: 2005 };
export const unknownAlias: Refusal = { http: 400, code: 2040 };

const refusalOf: Partial<Record<ErrorCode, Refusal>> = {
  AUTH_TOKEN_MISSING: { http: 401, code: 2009 },
  AUTH_TOKEN_MISMATCH: { http: 401, code: 2009 },
  AUTH_EXPIRED: { http: 401, code: 2009 },
  AUTH_RATE_LIMITED: { http: 429, code: 2003 },
  RATE_LIMITED: { http: 429, code: 2003 },
  BUDGET_EXCEEDED: { http: 429, code: 2041 },
  PROVIDER_KEY_MISSING: { http: 401, code: 2005 },
  MODEL_UNKNOWN: { http: 400, code: 7003 },
};

/** As Cloudflare writes it: `error` is a list here. */
export function refusalAnswer(
  error: MoltError,
  known: Refusal | undefined = refusalOf[error.code],
  extra: HeaderRecord = {},
): Response {
  const { http, code } = known ?? { http: errorTable[error.code].http, code: errorTable[error.code].http };
  const message =
    error.code === "FORBIDDEN" ? `Access denied by policy: ${error.message}` : `${capital(error.message)}. ${error.hint}`;
  const headers: HeaderRecord = {
    ...extra,
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-moltworker-code": error.code,
  };
  if (error.retryAfterMs !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
  const body = {
    success: false,
    result: [],
    messages: [],
    error: [{ code, message }],
    name: "AiGatewayError",
    httpCode: http,
    internalCode: code,
    message,
  };
  return new Response(JSON.stringify(body), { status: http === 499 ? 503 : http, headers });
}

/** Names of headers and fields stay as they are written. */
const capital = (text: string): string =>
  (/^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text).replace(/\.$/, "");
