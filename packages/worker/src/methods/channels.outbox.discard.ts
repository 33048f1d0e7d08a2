import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Sets a dead or unknown message aside. */
export const channelsOutboxDiscard = defineMethod<"channels.outbox.discard">({
  name: "channels.outbox.discard",
  scope: "operator.write",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle: ({ id }, { channels }) => ({ send: channels.discardSend(id) }),
});
