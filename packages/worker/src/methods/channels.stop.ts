import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Turns an account off; its secrets stay. */
export const channelsStop = defineMethod<"channels.stop">({
  name: "channels.stop",
  scope: "operator.admin",
  audit: ({ channel, accountId }) => `${channel} ${accountId ?? "default"}`,
  params: () => z.strictObject({ channel: z.string().min(1).max(40), accountId: z.string().max(40).optional() }),
  async handle({ channel, accountId }, { channels }, { principal }) {
    const row = await channels.setEnabled({ channel, accountId }, false, principal.id);
    return { channel, accountId: row.accountId, stopped: !row.running };
  },
});
