import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { addTotals, costTotals, dateText, noTotals, spanOf } from "../rpc/usage-shapes.ts";

const dayMs = 86_400_000;

/** What each UTC day cost, in OpenClaw's shape. */
export const usageCost = defineMethod<"usage.cost">({
  name: "usage.cost",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      days: z.int().min(1).max(400).optional(),
      startDate: z.string().max(20).optional(),
      endDate: z.string().max(20).optional(),
      mode: z.string().max(20).optional(),
      utcOffset: z.string().max(20).optional(),
      timeZone: z.string().max(60).optional(),
      agentId: z.string().max(100).optional(),
    }),
  handle(params, { governor, clock }) {
    const now = clock.now();
    const { from, until } = spanOf(params, now);
    const daily = governor.days("all", from, until).map(({ day, sums }) => ({ date: dateText(day), ...costTotals(sums) }));
    const totals = daily.reduce((sum, { date: _date, ...day }) => addTotals(sum, day), noTotals());
    return { updatedAt: now, days: Math.round((until - from) / dayMs), daily, totals };
  },
});
