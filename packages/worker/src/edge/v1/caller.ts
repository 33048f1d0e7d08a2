/** Who asks the API, with no more scopes than `x-openclaw-scopes` leaves. A header can only take away. */

import { MoltError } from "@moltworker/protocol/errors";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import type { Auth } from "../../auth/auth.ts";
import type { Principal } from "../../auth/principal.ts";

/** Throws AUTH_*, FORBIDDEN, INVALID_REQUEST. */
export async function callerOf(auth: Pick<Auth, "identify" | "authorize">, request: Request, action: string): Promise<Principal> {
  const principal = narrowed(await auth.identify(request), request.headers.get("x-openclaw-scopes"));
  auth.authorize(principal, "v1", action);
  return principal;
}

function narrowed(principal: Principal, header: string | null): Principal {
  if (header === null || principal.kind === "anonymous") return principal;
  const wanted = header.split(/[\s,]+/).filter(Boolean);
  const scopes = wanted.map((word): Scope => {
    const scope = allScopes.find((known) => known === word);
    if (!scope)
      throw new MoltError("INVALID_REQUEST", {
        message: `x-openclaw-scopes: "${word.slice(0, 60)}" is no scope`,
        hint: `Scopes are: ${allScopes.join(", ")}.`,
      });
    if (hasScope(principal.scopes, scope)) return scope;
    throw new MoltError("FORBIDDEN", {
      message: `x-openclaw-scopes asks for ${scope}, which this token was not given`,
      hint: "The header can only take scopes away; make a token with that scope.",
      details: { missingScope: scope, requiredScopes: [scope] },
    });
  });
  return { ...principal, scopes } as Principal;
}
