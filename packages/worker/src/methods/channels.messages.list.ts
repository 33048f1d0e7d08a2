import { messageFates } from "@moltworker/protocol/channels";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What came in, newest first, and what became of it. */
export const channelsMessagesList = defineMethod<"channels.messages.list">({
  name: "channels.messages.list",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      channel: z.string().max(40).optional(),
      accountId: z.string().max(40).optional(),
      fate: z.enum(messageFates).optional(),
      limit: z.int().min(1).max(200).optional(),
      before: z.string().max(100).optional(),
    }),
  handle: (page, { channels }) => channels.messages(page),
});
