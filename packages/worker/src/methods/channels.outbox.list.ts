import { sendStates } from "@moltworker/protocol/channels";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What was sent or waits to be, newest first. */
export const channelsOutboxList = defineMethod<"channels.outbox.list">({
  name: "channels.outbox.list",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      channel: z.string().max(40).optional(),
      accountId: z.string().max(40).optional(),
      state: z.enum(sendStates).optional(),
      limit: z.int().min(1).max(200).optional(),
      before: z.string().max(100).optional(),
    }),
  handle: (page, { channels }) => channels.sends(page),
});
