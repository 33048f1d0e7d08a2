import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Sends a live message to a chat, or to the owner's own conversation there. */
export const channelsSendTest = defineMethod<"channels.sendTest">({
  name: "channels.sendTest",
  scope: "operator.write",
  params: () =>
    z.strictObject({
      channel: z.string().min(1).max(40),
      accountId: z.string().max(40).optional(),
      to: z.string().min(1).max(100).optional(),
    }),
  handle: async ({ channel, accountId, to }, { channels }) => ({ send: await channels.sendTest({ channel, accountId }, to) }),
});
