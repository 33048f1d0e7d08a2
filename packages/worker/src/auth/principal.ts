/** Who acts. Proved at the edge or in the `connect` frame, never taken from the client's own words. */

import type { Scope } from "@moltworker/protocol/scopes";

export type Principal =
  | { kind: "owner"; id: string; scopes: readonly Scope[]; via: "cookie" | "token" | "host" }
  | { kind: "device"; id: string; scopes: readonly Scope[]; via: "device" }
  | { kind: "schedule"; id: string; scopes: readonly Scope[]; via: "alarm" }
  | { kind: "channel"; id: string; scopes: readonly Scope[]; via: string }
  | { kind: "anonymous"; id: "anonymous"; scopes: readonly []; via: "none" };

export type Surface = "socket" | "http" | "run" | "alarm";

export const anonymous: Principal = { kind: "anonymous", id: "anonymous", scopes: [], via: "none" };
