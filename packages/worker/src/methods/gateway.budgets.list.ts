import * as z from "zod";
import { gatewayLabels } from "../rpc/gateway-labels.ts";
import { defineMethod } from "../rpc/method.ts";

/** What each budget has spent, holds and has left now. */
export const gatewayBudgetsList = defineMethod<"gateway.budgets.list">({
  name: "gateway.budgets.list",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, context) {
    const label = gatewayLabels(context);
    const budgets = context.governor.budgets(context.clock.now());
    return { budgets: budgets.map((budget) => ({ ...budget, label: label(budget.scope, budget.part) })) };
  },
});
