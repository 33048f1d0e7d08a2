import { type Finding, ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

const open = "#/admin/gateway/budgets";

/** Money that is used up, or that nobody counts. */
export const budgets: AssistantCheck = {
  id: "budgets",
  title: "Budgets",
  about: "No budget is used up, and where there are budgets the default model has a price that they can count.",
  async run(context) {
    const used = context.budgets().find(({ step }) => step === "stop");
    if (used) {
      const whose = used.part === "" ? "" : ` of ${used.part}`;
      const until = used.resetsAt === null ? "" : ` until ${new Date(used.resetsAt).toISOString().slice(0, 16)}Z`;
      return warn("BUDGET_EXCEEDED", `the budget "${used.name}"${whose} of $${used.limitUsd} is used up${until}`, {
        text: "Raise it, begin it afresh, or wait.",
        open,
      });
    }
    return priced(context);
  },
};

function priced({ config, models }: CheckContext): Finding {
  const count = Object.keys(config.get("limits").budgets).length;
  if (count === 0) return ok("there are no budgets: calls may cost what they cost");
  const ref = models.defaultModel();
  const row = models.listModels().find((model) => model.ref === ref);
  if (row && row.price === null)
    return warn("CONFIG_INVALID", `the price of the default model ${ref} is unknown, so no budget counts its calls`, {
      text: `Set its price in the configuration, under limits.prices["${ref}"], in US dollars per million tokens.`,
      open: "#/admin/configuration/limits",
    });
  return ok(`${count === 1 ? "one budget holds" : `${count} budgets hold`}, none of them used up`);
}
