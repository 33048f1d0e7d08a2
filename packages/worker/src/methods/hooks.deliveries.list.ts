import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What came in through webhooks, newest first, and what became of it. */
export const hooksDeliveriesList = defineMethod<"hooks.deliveries.list">({
  name: "hooks.deliveries.list",
  scope: "operator.read",
  params: () => z.strictObject({ limit: z.int().min(1).max(200).optional(), before: z.string().max(60).optional() }),
  handle: ({ limit, before }, { hooks }) => ({ deliveries: hooks.deliveries(limit ?? 50, before) }),
});
