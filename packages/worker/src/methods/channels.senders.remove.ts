import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Takes back a role that was given here; the settings and the policy decide from then on. */
export const channelsSendersRemove = defineMethod<"channels.senders.remove">({
  name: "channels.senders.remove",
  scope: "operator.pairing",
  audit: ({ channel, senderId }) => `${channel} ${senderId}`,
  params: () =>
    z.strictObject({
      channel: z.string().min(1).max(40),
      accountId: z.string().max(40).optional(),
      senderId: z.string().trim().min(1).max(100),
    }),
  handle: ({ channel, accountId, senderId }, { channels }, { principal }) => ({
    ok: true,
    removed: channels.removeSender({ channel, accountId }, senderId, principal.id),
  }),
});
