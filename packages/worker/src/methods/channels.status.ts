import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** How each channel's accounts stand; `probe` asks each provider now. */
export const channelsStatus = defineMethod<"channels.status">({
  name: "channels.status",
  scope: "operator.read",
  params: () =>
    z.looseObject({
      probe: z.boolean().optional(),
      timeoutMs: z.number().optional(),
      channel: z.string().max(40).optional(),
    }),
  async handle({ probe, channel }, { channels, clock }) {
    const all = await channels.status({ probe: probe === true });
    const accounts = all.filter((account) => channel === undefined || account.channel === channel);
    const kinds = channels.kinds();
    const order = kinds.map(({ id }) => id).filter((id) => accounts.some((account) => account.channel === id));
    const by = Map.groupBy(accounts, (account) => account.channel);
    const summary = (id: string) => {
      const rows = by.get(id) ?? [];
      return {
        configured: rows.some((row) => row.configured),
        running: rows.some((row) => row.running),
        lastError: rows.find((row) => row.lastError !== null)?.lastError ?? null,
      };
    };
    return {
      ts: clock.now(),
      channelOrder: order,
      channelLabels: Object.fromEntries(kinds.map(({ id, label }) => [id, label])),
      channels: Object.fromEntries(order.map((id) => [id, summary(id)])),
      channelAccounts: Object.fromEntries(by),
      channelDefaultAccountId: Object.fromEntries(order.map((id) => [id, by.get(id)?.[0]?.accountId ?? "default"])),
      kinds,
    };
  },
});
