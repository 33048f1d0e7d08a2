import * as z from "zod";
import { healthSnapshot } from "../rpc/health.ts";
import { defineMethod } from "../rpc/method.ts";

/** Liveness with what a stock client prints: sessions, agents, channels. */
export const health = defineMethod<"health">({
  name: "health",
  scope: "operator.read",
  params: () => z.strictObject({ probe: z.boolean().optional() }),
  handle: (_params, context) => healthSnapshot(context),
});
