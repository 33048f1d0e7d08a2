import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Chat events reach every reader without a subscription. */
export const sessionsMessagesSubscribe = defineMethod<"sessions.messages.subscribe">({
  name: "sessions.messages.subscribe",
  scope: "operator.read",
  params: () => z.looseObject({ key: z.string(), includeApprovals: z.boolean().optional() }),
  handle: () => ({ subscribed: true }),
});
