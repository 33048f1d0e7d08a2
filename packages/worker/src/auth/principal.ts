/** Who acts. Proved at the edge or in the `connect` frame, never taken from the client's own words. */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { Scope } from "@moltworker/protocol/scopes";

/** Why a presented credential was not accepted; plain data, since it travels with a hibernating socket. */
export interface Refusal {
  code: ErrorCode;
  message?: string;
  hint?: string;
  details?: Record<string, unknown>;
  retryAfterMs?: number;
}

/** The owner through Cloudflare Access. All that decides whether it still stands is here, since it travels with a hibernating socket. */
export interface AccessPrincipal {
  kind: "owner";
  id: string;
  scopes: readonly Scope[];
  via: "access";
  access: {
    tokenId: string;
    /** E-mail address, or the name of a service token. */
    name: string;
    issuer: string;
    audience: readonly string[];
    /** Epoch milliseconds. */
    issuedAt: number;
    expiresAt: number;
  };
}

export type Principal =
  | AccessPrincipal
  | { kind: "owner"; id: string; scopes: readonly Scope[]; via: "cookie" | "token" | "host" }
  /** `grant`: the device's epoch when it connected. */
  | { kind: "device"; id: string; scopes: readonly Scope[]; via: "device"; grant: number }
  | { kind: "api"; id: string; scopes: readonly Scope[]; via: "api" }
  | { kind: "schedule"; id: string; scopes: readonly Scope[]; via: "alarm" }
  /** A webhook acts for the owner; `mayAct`: with tools that change something too. */
  | { kind: "webhook"; id: string; scopes: readonly Scope[]; via: "hook"; mayAct: boolean }
  /** A person on a channel; `id` is `channel:account:sender`. A guest has nothing of the owner's, whatever the scopes. */
  | { kind: "channel"; id: string; scopes: readonly Scope[]; via: string; role: "owner" | "guest" }
  /** Nobody; `refusal` says what was wrong with the credential, when there was one. */
  | { kind: "anonymous"; id: "anonymous"; scopes: readonly []; via: "none"; refusal?: Refusal };

/** `v1`: the OpenAI-compatible API. */
export type Surface = "socket" | "http" | "v1" | "run" | "alarm" | "channel";

export const anonymous: Principal = { kind: "anonymous", id: "anonymous", scopes: [], via: "none" };
