/**
 * From a credential to a caller. Every token is identified and authorised by `auth`; what came of it is remembered for
 * seconds, and forgotten at once when any token changes, so that a busy client is not hashed and looked up call by call.
 */

import type { Auth } from "../../auth/auth.ts";
import type { Principal } from "../../auth/principal.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Caller, CallerDirectory } from "./governor.ts";

const rememberedMs = 5_000;
const mostRemembered = 1_000;

type CallersAuth = Pick<Auth, "identifyBearer" | "authorize" | "tokensRevision"> & { apiTokens: Pick<Auth["apiTokens"], "find"> };

export function createCallerDirectory(auth: CallersAuth, clock: Clock): CallerDirectory {
  const remembered = new Map<string, { caller: Caller; until: number; revision: number }>();
  const known = (bearer: string): Caller | undefined => {
    const entry = remembered.get(bearer);
    return entry && entry.until > clock.now() && entry.revision === auth.tokensRevision() ? entry.caller : undefined;
  };
  return {
    known,
    async callerFor(bearer, address) {
      const caller = known(bearer);
      if (caller) return caller;
      const revision = auth.tokensRevision();
      const principal = await auth.identifyBearer(bearer, address());
      auth.authorize(principal, "http", "gateway.call");
      const row = principal.kind === "api" ? auth.apiTokens.find(principal.id) : undefined;
      const found = callerFrom(principal, row);
      const until = Math.min(clock.now() + rememberedMs, row?.expiresAt ?? Number.POSITIVE_INFINITY);
      if (remembered.size >= mostRemembered) remembered.clear();
      remembered.set(bearer, { caller: found, until, revision });
      return found;
    },
  };
}

function callerFrom(principal: Principal, row: ReturnType<CallersAuth["apiTokens"]["find"]>): Caller {
  const api = principal.kind === "api";
  return {
    tenant: row?.tenant ?? (api ? principal.id : "owner"),
    tokenId: api ? principal.id : null,
    sessionKey: null,
    channel: "api",
    schedule: null,
    runId: null,
    admin: (principal.scopes as readonly string[]).includes("operator.admin"),
    own: row?.limits ?? null,
  };
}
