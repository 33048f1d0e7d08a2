/** Where a passkey is made or used. A passkey is bound to a host name; an IP address has none, and plain http only counts on this machine. */

import { MoltError } from "@moltworker/protocol/errors";
import { passkeyUnavailable } from "./passkey-refusals.ts";

export interface PasskeyPlace {
  /** WebAuthn's relying party: the host name, without port. */
  rpId: string;
  /** Scheme, name and port of the page, as the browser signs it. */
  origin: string;
}

/** Of a request that has passed `checkOrigin`, so that its Origin is this server's own. Throws PASSKEY_UNAVAILABLE, INVALID_REQUEST. */
export function passkeyPlace(request: Request): PasskeyPlace {
  const origin = request.headers.get("origin");
  const url = origin === null ? null : URL.parse(origin);
  if (!url)
    throw new MoltError("INVALID_REQUEST", {
      message: "a passkey is used by a page, and this request names none",
      hint: "Use the sign-in page, or an API token for programs.",
    });
  if (url.hostname.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(url.hostname)) throw passkeyUnavailable("address", url);
  if (url.protocol !== "https:" && !isLocal(url.hostname)) throw passkeyUnavailable("insecure", url);
  return { rpId: url.hostname, origin: url.origin };
}

const isLocal = (hostname: string) => hostname === "localhost" || hostname.endsWith(".localhost");
