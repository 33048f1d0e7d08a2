import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Takes a stranger's request out of the queue; they are told nothing. */
export const channelsPairingDismiss = defineMethod<"channels.pairing.dismiss">({
  name: "channels.pairing.dismiss",
  scope: "operator.pairing",
  audit: () => "",
  params: () => z.looseObject({ code: z.string().min(1).max(100) }),
  handle: ({ code }, { channels }, { principal }) => ({ ok: true, request: channels.dismissPairing(code, principal.id) }),
});
