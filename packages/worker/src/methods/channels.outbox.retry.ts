import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Sends a dead or unknown message again: a person looked and decided. */
export const channelsOutboxRetry = defineMethod<"channels.outbox.retry">({
  name: "channels.outbox.retry",
  scope: "operator.write",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle: ({ id }, { channels }) => ({ send: channels.retrySend(id) }),
});
