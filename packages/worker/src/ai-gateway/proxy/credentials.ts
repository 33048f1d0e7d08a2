/**
 * Which of a request's credentials is ours and which is the provider's. With `cf-aig-authorization` the other one is the
 * caller's own key and travels on; without it, what stands where a key would stand is our token, and never leaves.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { credentialHeaders, type HeaderRecord } from "./headers.ts";

export interface Credentials {
  /** For the caller directory. */
  bearer: string;
  ownKey: { name: string; value: string } | null;
}

/** Throws AUTH_TOKEN_MISSING. */
export function credentialsOf(headers: HeaderRecord): Credentials {
  const gateway = headers["cf-aig-authorization"];
  const shown = shownIn(headers);
  if (gateway !== undefined) {
    const bearer = withoutScheme(gateway);
    // The same token in both places, as some clients send it, is no key of a provider.
    const own = shown && withoutScheme(shown.value) !== bearer ? shown : null;
    return { bearer, ownKey: own };
  }
  if (shown) return { bearer: withoutScheme(shown.value), ownKey: null };
  throw new MoltError("AUTH_TOKEN_MISSING", {
    message: "unauthorized: no gateway token was presented",
    hint: "Send `cf-aig-authorization: Bearer <token>`, or the token in place of the provider's key.",
  });
}

/** The provider key that headers carry, if any. */
export function shownIn(headers: HeaderRecord): Credentials["ownKey"] {
  for (const name of credentialHeaders) {
    const value = headers[name];
    if (value !== undefined && withoutScheme(value) !== "") return { name, value };
  }
  return null;
}

export const withoutScheme = (value: string): string => value.replace(/^(Bearer|Token|Key|Api-Key)\s+/i, "").trim();

export const sameSecret = (value: string, bearer: string): boolean => withoutScheme(value) === bearer;
