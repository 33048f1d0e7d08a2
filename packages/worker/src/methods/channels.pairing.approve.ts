import * as z from "zod";
import { checkGrant } from "../auth/pairing.ts";
import { roleScopes } from "../delivery/senders.ts";
import { defineMethod } from "../rpc/method.ts";

/** Lets a stranger in, by the code they were shown or the request's id. */
export const channelsPairingApprove = defineMethod<"channels.pairing.approve">({
  name: "channels.pairing.approve",
  scope: "operator.pairing",
  lasting: true,
  audit: ({ role }) => role ?? "guest",
  params: () => z.looseObject({ code: z.string().min(1).max(100), role: z.enum(["owner", "guest"]).optional() }),
  handle({ code, role = "guest" }, { channels }, { principal }) {
    checkGrant(principal, roleScopes[role], "letting them in as that was denied");
    return { ok: true, sender: channels.approvePairing(code, role, principal.id) };
  },
});
