import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Starts a budget's present window afresh. */
export const gatewayBudgetsReset = defineMethod<"gateway.budgets.reset">({
  name: "gateway.budgets.reset",
  scope: "operator.admin",
  audit: ({ id, part }) => (part ? `${id} of ${part}` : id),
  params: () => z.strictObject({ id: z.string().min(1).max(100), part: z.string().max(300).optional() }),
  handle({ id, part = "" }, { governor, clock }) {
    if (!governor.resetBudget(id, part, clock.now()))
      throw new MoltError("NOT_FOUND", { message: `there is no budget "${id}" of "${part}"` });
    return { ok: true };
  },
});
