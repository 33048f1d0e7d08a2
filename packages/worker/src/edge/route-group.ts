/** A group of HTTP routes that belongs to one part of the assistant. */

import type { Context, Hono } from "hono";
import type { Principal } from "../auth/principal.ts";

/** The caller, once they may do this. Throws the refusal (AUTH_*, FORBIDDEN). */
export type Allowed = (context: Context, action: string) => Promise<Principal>;

/** Adds its routes. Everything thrown in a handler is answered as JSON; mutations below `/api/` have passed the Origin check. */
export type RouteGroup = (app: Hono, allowed: Allowed) => void;
