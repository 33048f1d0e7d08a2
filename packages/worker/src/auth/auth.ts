/** Contract of identity; `create-auth.ts` is the implementation. `authorize` decides every action. */

import type { ConnectParams } from "@moltworker/protocol/frames";
import type { ApiTokens } from "./api-tokens.ts";
import type { DeviceGrants } from "./device-grants.ts";
import type { Device } from "./devices.ts";
import type { Rotation } from "./gateway-token.ts";
import type { Pairings } from "./pairing.ts";
import type { PasskeyPlace } from "./passkey-place.ts";
import type { Assertion } from "./passkey-proof.ts";
import type { Passkeys } from "./passkeys.ts";
import type { Principal, Surface } from "./principal.ts";
import type { WebSessionRow } from "./web-sessions.ts";

/** Where a browser signs in from: its address for the limits, and whether its cookie must be Secure. */
export interface Visit {
  address: string;
  secure: boolean;
  /** `User-Agent`, to tell sessions apart. */
  agent?: string;
}

export interface SignedIn {
  /** `Set-Cookie` value. */
  setCookie: string;
  principal: Principal;
}

export interface Auth {
  /** A one-time sign-in code: single use, ten minutes. */
  createLink(): Promise<{ code: string; expiresAt: number }>;
  /** Exchanges a code for a web session. Throws AUTH_LINK_INVALID, AUTH_RATE_LIMITED. */
  redeemLink(code: string, visit: Visit): Promise<SignedIn>;
  /** A gateway token typed once. Throws AUTH_TOKEN_MISSING, AUTH_TOKEN_MISMATCH, AUTH_RATE_LIMITED. */
  redeemToken(token: string, visit: Visit): Promise<SignedIn>;
  /** A passkey's proof. Throws PASSKEY_INVALID, AUTH_RATE_LIMITED. */
  redeemPasskey(place: PasskeyPlace, answer: Assertion, visit: Visit): Promise<SignedIn>;
  passkeys: Passkeys;
  /**
   * Who an HTTP request (upgrade included) is: cookie, or on `/api/` and `/v1/` a bearer: host key, gateway token, API token, on `/v1/` also a device token. Never throws:
   * whoever is not recognised is anonymous, with the refusal that `authorize` and `connect` then give.
   */
  identify(request: Request): Promise<Principal>;
  /** Who holds this token, whatever header it came in: gateway token, API token or host key. Never throws, like `identify`. */
  identifyBearer(bearer: string, address: string): Promise<Principal>;
  /** Changes whenever a token is made, revoked or rotated: what was learnt of one before holds no more. */
  tokensRevision(): number;
  /** Throws ORIGIN_NOT_ALLOWED when a browser's Origin (or Host) is not this server's own. */
  checkOrigin(request: Request): void;
  /** The principal of a socket after its `connect` frame. Throws AUTH_*, DEVICE_*. */
  connect(
    params: ConnectParams,
    socket: { principal: Principal; nonce: string; address: string },
  ): Promise<{ principal: Principal; deviceToken?: string }>;
  /** Throws FORBIDDEN, AUTH_EXPIRED, or for nobody their refusal (AUTH_TOKEN_MISSING without one). The one decision. */
  authorize(principal: Principal, surface: Surface, action: string): void;
  /** Ends one web session (sign-out) or all; returns the principal ids whose sockets must close. */
  endSession(principal: Principal): string[];
  endAllSessions(): string[];
  /** `Set-Cookie` value that removes the session cookie. */
  clearCookie(secure: boolean): string;
  listDevices(): Device[];
  pairings: Pairings;
  deviceGrants: DeviceGrants;
  apiTokens: ApiTokens;
  /** Replaces the gateway token; what rested on the old one is over at once, but for the asker's own browser session. */
  rotateGatewayToken(by: Principal, typed?: string): Rotation;
  /** For the host alone. */
  revealGatewayToken(): string;
  listSessions(): WebSessionRow[];
  /** False when there was none. */
  endSessionById(id: string): boolean;
  /** True while the principal's grant still stands; asked again for each request on a live socket. */
  stillValid(principal: Principal): boolean;
}
