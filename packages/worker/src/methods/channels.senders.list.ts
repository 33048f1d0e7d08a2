import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** People who may write, and those who are blocked. */
export const channelsSendersList = defineMethod<"channels.senders.list">({
  name: "channels.senders.list",
  scope: "operator.read",
  params: () => z.strictObject({ channel: z.string().max(40).optional(), accountId: z.string().max(40).optional() }),
  handle: (filter, { channels }) => ({ senders: channels.senders(filter) }),
});
