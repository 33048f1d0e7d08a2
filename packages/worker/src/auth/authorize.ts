/** The decision itself, apart from where grants are stored: principal × surface × action, denied unless listed. */

import { MoltError } from "@moltworker/protocol/errors";
import { hasScope } from "@moltworker/protocol/scopes";
import type { Actions } from "./actions.ts";
import type { Principal, Surface } from "./principal.ts";
import { grantEnded, refusalOf } from "./refusals.ts";

/** Surfaces each kind of principal may act on at all, whatever its scopes. */
const surfacesOf: Record<Exclude<Principal["kind"], "anonymous">, readonly Surface[]> = {
  owner: ["socket", "http", "v1", "run"],
  device: ["socket", "v1", "run"],
  api: ["socket", "http", "v1", "run"],
  schedule: ["alarm", "run"],
  channel: ["channel", "run"],
  webhook: ["run"],
};

/** Throws FORBIDDEN, AUTH_EXPIRED, or for nobody their refusal. */
export function createAuthorize(actions: Actions, stillValid: (principal: Principal) => boolean) {
  return (principal: Principal, surface: Surface, action: string): void => {
    if (principal.kind === "anonymous") throw refusalOf(principal);
    // A run acts on the authority with which its message was accepted; signing out later does not cut it.
    if (surface !== "run" && surface !== "alarm" && !stillValid(principal)) throw grantEnded(principal);
    const rule = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!rule?.surfaces.includes(surface) || !reaches(principal, surface) || (rule.hostOnly && !isHost(principal))) {
      throw new MoltError("FORBIDDEN", {
        message: `"${action.slice(0, 80)}" is not allowed here`,
        hint: "Use a client and a grant that are made for it.",
      });
    }
    if (rule.ownerOnly && principal.kind === "channel" && principal.role !== "owner") {
      throw new MoltError("FORBIDDEN", {
        message: `"${action}" is for the owner alone`,
        hint: "Ask the owner, or have the owner link this identity as their own.",
      });
    }
    if (rule.ownerOnly && principal.kind === "webhook" && !principal.mayAct) {
      throw new MoltError("FORBIDDEN", {
        message: `"${action}" is not for this webhook`,
        hint: "Let its runs use all tools in the settings, or ask in a conversation.",
      });
    }
    if (rule.lasting && principal.kind === "api") {
      throw new MoltError("FORBIDDEN", {
        message: `an API token cannot do "${action}": what it makes would outlive the token`,
        hint: "Do it signed in, or with the gateway token.",
      });
    }
    if (!hasScope(principal.scopes, rule.scope)) {
      throw new MoltError("FORBIDDEN", {
        message: `missing scope: ${rule.scope}`,
        details: { missingScope: rule.scope, requiredScopes: [rule.scope] },
      });
    }
  };
}

function reaches(principal: Exclude<Principal, { kind: "anonymous" }>, surface: Surface): boolean {
  // The host key proves access to the machine, for the supervisor's own few routes; it opens no conversation.
  if (isHost(principal)) return surface === "http";
  return surfacesOf[principal.kind].includes(surface);
}

const isHost = (principal: Principal) => principal.kind === "owner" && principal.via === "host";
