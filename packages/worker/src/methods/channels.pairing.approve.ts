import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Lets a stranger in, by the code they were shown or the request's id. */
export const channelsPairingApprove = defineMethod<"channels.pairing.approve">({
  name: "channels.pairing.approve",
  scope: "operator.pairing",
  lasting: true,
  audit: ({ role }) => role ?? "guest",
  params: z.looseObject({ code: z.string().min(1).max(100), role: z.enum(["owner", "guest"]).optional() }),
  handle: ({ code, role }, { channels }, { principal }) => ({
    ok: true,
    sender: channels.approvePairing(code, role ?? "guest", principal.id),
  }),
});
