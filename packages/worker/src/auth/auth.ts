/** Contract of identity. (The implementation follows in this folder; `authorize` decides every action.) */

import type { ConnectParams } from "@moltworker/protocol/frames";
import type { Principal, Surface } from "./principal.ts";

export interface Auth {
  /** A one-time sign-in code: single use, ten minutes. */
  createLink(): { code: string; expiresAt: number };
  /** Exchanges a code for a web session. Throws AUTH_LINK_INVALID, AUTH_RATE_LIMITED. */
  redeemLink(code: string, address: string): { setCookie: string; principal: Principal };
  /** A gateway token typed once. Throws AUTH_TOKEN_MISSING, AUTH_TOKEN_MISMATCH, AUTH_RATE_LIMITED. */
  redeemToken(token: string, address: string): Promise<{ setCookie: string; principal: Principal }>;
  /** Who an HTTP request (upgrade included) is: cookie, or `Authorization: Bearer` with host key or gateway token. Never throws for "nobody": returns anonymous. */
  identify(request: Request): Promise<Principal>;
  /** Throws ORIGIN_NOT_ALLOWED when a browser's Origin (or Host) is not this server's own. */
  checkOrigin(request: Request): void;
  /** The principal of a socket after its `connect` frame. Throws AUTH_*, DEVICE_*. */
  connect(params: ConnectParams, socket: { principal: Principal; nonce: string; address: string }): Promise<{ principal: Principal; deviceToken?: string }>;
  /** Throws FORBIDDEN (AUTH_TOKEN_MISSING for nobody). The one decision. */
  authorize(principal: Principal, surface: Surface, action: string): void;
  /** Ends one web session (sign-out) or all; returns the principal ids whose sockets must close. */
  endSession(principal: Principal): string[];
  endAllSessions(): string[];
  /** True while the principal's grant still stands; asked again for each request on a live socket. */
  stillValid(principal: Principal): boolean;
}
