/** The one function that makes every outbound request. (Contract; the implementation follows in this file.) */

export interface EgressPolicy {
  /** The owner named this address in settings or environment, so a loopback or private one is allowed. Default: public only. */
  named?: boolean;
  /** Body bytes after which the response is cut with PAYLOAD_TOO_LARGE. No limit when absent. */
  maxBytes?: number;
  /** Milliseconds until response headers. Error: PROVIDER_TIMEOUT's neighbour TIMEOUT. */
  firstByteTimeoutMs?: number;
  /** Redirects to follow, each rechecked; credentials are dropped when the origin changes. Default 0: a redirect is returned as it is. */
  maxRedirects?: number;
}

export interface Egress {
  /** Throws MoltError EGRESS_BLOCKED, EGRESS_FAILED or TIMEOUT. The body streams. */
  fetch(url: string | URL, init: RequestInit, policy: EgressPolicy): Promise<Response>;
}
