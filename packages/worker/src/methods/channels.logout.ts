import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Forgets an account's secrets and lets go of its webhook. */
export const channelsLogout = defineMethod<"channels.logout">({
  name: "channels.logout",
  scope: "operator.admin",
  audit: ({ channel, accountId }) => `${channel} ${accountId ?? "default"}`,
  params: () => z.strictObject({ channel: z.string().min(1).max(40), accountId: z.string().max(40).optional() }),
  handle: async ({ channel, accountId }, { channels }, { principal }) => ({
    channel,
    accountId: accountId ?? "default",
    cleared: await channels.logout({ channel, accountId }, principal.id),
  }),
});
