import { usageKinds } from "@moltworker/protocol/gateway";
import * as z from "zod";
import { gatewayLabels } from "../rpc/gateway-labels.ts";
import { defineMethod } from "../rpc/method.ts";

const hourMs = 3_600_000;

/** Sums for charts: by hour up to two days, by day beyond. */
export const gatewayUsage = defineMethod<"gateway.usage">({
  name: "gateway.usage",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      hours: z.int().min(1).max(9_600).optional(),
      kind: z.enum(usageKinds).optional(),
      key: z.string().max(300).optional(),
    }),
  handle({ hours = 24, kind = "provider", key }, context) {
    const until = Math.ceil((context.clock.now() + 1) / hourMs) * hourMs;
    const stepMs = hours <= 48 ? hourMs : 24 * hourMs;
    const usage = context.governor.usage({ kind, key, from: until - hours * hourMs, until, stepMs });
    const label = gatewayLabels(context);
    return { ...usage, top: usage.top.map((group) => ({ ...group, label: label(kind, group.key) })) };
  },
});
