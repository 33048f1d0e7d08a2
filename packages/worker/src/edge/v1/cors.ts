/**
 * Which pages may call the API. None but our own, unless the owner named a page's origin; such a page must bring a token of
 * its own, since no cookie is ever taken from it. Programs send no Origin and are not concerned.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Auth } from "../../auth/auth.ts";

const shown = "x-request-id, x-openclaw-session-key, retry-after, x-should-retry";

/** Headers for the answer. Throws ORIGIN_NOT_ALLOWED. */
export function corsFor(request: Request, named: readonly string[], auth: Pick<Auth, "checkOrigin">): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !named.includes(origin)) {
    auth.checkOrigin(request);
    return {};
  }
  const headers = { "access-control-allow-origin": origin, vary: "origin", "access-control-expose-headers": shown };
  if (request.method === "OPTIONS") return headers;
  if (/^Bearer\s+\S/i.test(request.headers.get("authorization") ?? "")) return headers;
  throw new MoltError("ORIGIN_NOT_ALLOWED", {
    message: "a page of another origin must send a token of its own",
    hint: "Send `authorization: Bearer …` with an API token.",
  });
}

export function preflight(cors: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers":
        "authorization, content-type, idempotency-key, openai-organization, openai-project, openai-beta, x-openclaw-session-key, x-openclaw-agent-id, x-openclaw-model, x-openclaw-scopes, x-openclaw-message-channel, x-stainless-arch, x-stainless-lang, x-stainless-os, x-stainless-package-version, x-stainless-runtime, x-stainless-runtime-version, x-stainless-retry-count, x-stainless-timeout, x-stainless-helper-method",
      "access-control-max-age": "600",
    },
  });
}
