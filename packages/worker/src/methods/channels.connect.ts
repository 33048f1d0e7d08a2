import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Connects an account: its secrets are tried with a real call, and kept only when the provider takes them. */
export const channelsConnect = defineMethod<"channels.connect">({
  name: "channels.connect",
  scope: "operator.admin",
  audit: ({ channel, accountId }) => `${channel} ${accountId ?? "default"}`,
  params: () =>
    z.strictObject({
      channel: z.string().min(1).max(40),
      accountId: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/)
        .optional(),
      secrets: z.record(z.string().max(40), z.string().max(8_000)),
    }),
  handle: async ({ channel, accountId, secrets }, { channels }, { principal }) => ({
    ok: true,
    account: await channels.connect({ channel, accountId }, secrets, principal.id),
  }),
});
