/**
 * Budgets of one call: which it falls under, whether its worst case still fits, and which soft step they have reached.
 * Steps come in this order: warn, a cheaper model, ask a person, stop.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { BudgetRule, Limits } from "../../config/sections/limits.ts";
import type { BudgetCounters, Counter } from "./budget-counters.ts";
import { partOf } from "./call-match.ts";
import type { CallTarget, PlannedCall, Remaining } from "./governor.ts";
import { dollars, nanoFrom, usdFrom } from "./money.ts";
import { windowAt } from "./periods.ts";

export interface AppliedBudget {
  id: string;
  rule: BudgetRule;
  /** Nanodollars. */
  limit: number;
  counter: Counter;
}

export function budgetsOf(
  { budgets: rules, timeZone }: Pick<Limits, "budgets" | "timeZone">,
  counters: Pick<BudgetCounters, "of">,
  call: PlannedCall,
  target: CallTarget,
): AppliedBudget[] {
  const applied: AppliedBudget[] = [];
  const add = (id: string, rule: BudgetRule, part: string) =>
    applied.push({
      id,
      rule,
      limit: nanoFrom(rule.usd),
      counter: counters.of(id, part, windowAt(rule.per, call.askedAt, timeZone)),
    });
  for (const [id, rule] of Object.entries(rules)) {
    const part = partOf(rule.scope, call, target, rule.key);
    if (part !== null && (rule.only === undefined || rule.only === part)) add(id, rule, part);
  }
  const { own, tokenId } = call.caller;
  if (own?.budget && tokenId !== null) add(":token", { name: "this token", scope: "token", warnAt: 0.8, ...own.budget }, tokenId);
  return applied;
}

export const leftOf = ({ limit, counter }: AppliedBudget): number => limit - counter.spent - counter.reserved;

export const remainingOf = (budgets: readonly AppliedBudget[]): Remaining[] =>
  budgets.map((budget) => ({ budget: budget.id, usd: Math.max(0, usdFrom(leftOf(budget))) }));

/** Share of the budget that is spent or held. */
const usedShare = ({ limit, counter }: AppliedBudget): number => (limit === 0 ? 1 : (counter.spent + counter.reserved) / limit);

const reached = (budget: AppliedBudget, at: number | undefined): boolean => at !== undefined && usedShare(budget) >= at;

/** The cheaper model that some budget's step calls for now, as `provider/model`. */
export function cheaperModelOf(budgets: readonly AppliedBudget[]): string | undefined {
  return budgets.find((budget) => reached(budget, budget.rule.cheaperAt))?.rule.cheaperModel;
}

export function warningsOf(budgets: readonly AppliedBudget[]): string[] {
  return budgets
    .filter((budget) => reached(budget, budget.rule.warnAt))
    .map((budget) => {
      const used = dollars(usdFrom(budget.counter.spent + budget.counter.reserved));
      return `${used} of ${dollars(budget.rule.usd)} ${whoseText(budget)} is used.`;
    });
}

/** Throws BUDGET_EXCEEDED with step `ask` when a budget wants a person's word that the call does not have. */
export function checkAsked(budgets: readonly AppliedBudget[], approved: readonly string[]): void {
  const asking = budgets.find((budget) => reached(budget, budget.rule.askAt) && !approved.includes(budget.id));
  if (!asking) return;
  const used = dollars(usdFrom(asking.counter.spent + asking.counter.reserved));
  throw new MoltError("BUDGET_EXCEEDED", {
    message: `${used} of ${dollars(asking.rule.usd)} ${whoseText(asking)} is used, and going on needs a person's word`,
    hint: "Allow it in the conversation, raise the budget under Settings, AI Gateway, or wait until it resets.",
    details: detailsOf(asking, "ask"),
  });
}

/** The budget that the call's worst case would break first, if any. */
export function brokenBy(budgets: readonly AppliedBudget[], nano: number): AppliedBudget | undefined {
  return budgets.find((budget) => leftOf(budget) < nano);
}

export function stopped(budget: AppliedBudget, nano: number): MoltError {
  const left = dollars(Math.max(0, usdFrom(leftOf(budget))));
  return new MoltError("BUDGET_EXCEEDED", {
    message: `this call may cost ${dollars(usdFrom(nano))}, and ${left} of ${dollars(budget.rule.usd)} ${whoseText(budget)} is left`,
    hint: "Raise the budget under Settings, AI Gateway, or wait until it resets.",
    details: { ...detailsOf(budget, "stop"), mayCostUsd: usdFrom(nano) },
  });
}

function detailsOf(budget: AppliedBudget, step: "ask" | "stop"): Record<string, unknown> {
  const { id, rule, counter } = budget;
  return {
    step,
    budget: id,
    limitUsd: rule.usd,
    spentUsd: usdFrom(counter.spent),
    reservedUsd: usdFrom(counter.reserved),
    ...(Number.isFinite(counter.window.endsAt) ? { resetsAt: counter.window.endsAt } : {}),
  };
}

/** `a day for this session`: how a budget reads in a sentence. */
function whoseText({ rule }: AppliedBudget): string {
  const span = rule.per === "always" ? "in all" : `a ${rule.per}`;
  if (rule.scope === "all") return span;
  return rule.scope === "metadata" ? `${span} for this ${rule.key}` : `${span} for this ${rule.scope}`;
}
