import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Strangers who wrote and wait for a yes. */
export const channelsPairingList = defineMethod<"channels.pairing.list">({
  name: "channels.pairing.list",
  scope: "operator.pairing",
  params: () => z.looseObject({ channel: z.string().max(40).optional(), accountId: z.string().max(40).optional() }),
  handle: ({ channel, accountId }, { channels }) => ({
    requests: channels
      .pairings()
      .filter((one) => (channel ?? one.channel) === one.channel && (accountId ?? one.accountId) === one.accountId),
  }),
});
