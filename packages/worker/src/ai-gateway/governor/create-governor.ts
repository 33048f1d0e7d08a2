/**
 * The governor: deny rules, rate limits, budgets, then the books. One object holds every reservation; JavaScript runs one call
 * at a time between awaits, so a check and its hold are one step that nothing can come between.
 */

import { errorTable, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { BudgetPeriod, GatewayUsage, UsageKind } from "@moltworker/protocol/gateway";
import type { Limits } from "../../config/sections/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Database } from "../../storage/database.ts";
import type { Prices } from "../prices.ts";
import { priceOf, type RateCard, worstPriceOf } from "../rate-card.ts";
import { type Books, budgetStatuses, daysFrom, groupByKey, tokenBudgetStatus, usageFrom } from "./books.ts";
import { BudgetCounters } from "./budget-counters.ts";
import {
  type AppliedBudget,
  brokenBy,
  budgetsOf,
  cheaperModelOf,
  checkAsked,
  leftOf,
  remainingOf,
  stopped,
  warningsOf,
} from "./budgets.ts";
import { CallLog } from "./call-log.ts";
import { type CallRecord, refusedRecord, settledRecord } from "./call-record.ts";
import { checkDenied } from "./deny.ts";
import {
  type Admission,
  type CallOutcome,
  type CallTarget,
  type CallUsage,
  type CustomCost,
  type Governor,
  needsRow,
  type PlannedCall,
  type Settlement,
} from "./governor.ts";
import { HourSums } from "./hour-sums.ts";
import { nanoCeil, nanoFrom, usdFrom } from "./money.ts";
import { windowAt } from "./periods.ts";
import { type RateHold, RateLimits } from "./rate-limits.ts";

export interface GovernorDeps {
  db: Database;
  clock: Clock;
  log: Log;
  prices: Prices;
  limits(): Limits;
  /** Budgets that live tokens carry. */
  tokenBudgets(): { tokenId: string; budget: { usd: number; per: BudgetPeriod } }[];
}

/** A shorter answer than this is no answer. */
const leastOutputTokens = 256;
/** How often the books are written. */
const flushMs = 250;
const keptSpendMs = 90 * 86_400_000;
const keptSumsMs = 400 * 86_400_000;
/** Rows that may wait for it. */
const mostWaiting = 500;

interface Hold {
  call: PlannedCall;
  budgets: Map<AppliedBudget["counter"], { budget: AppliedBudget; nano: number }>;
  rates: readonly RateHold[];
  cards: Map<string, RateCard | null>;
}

export function createGovernor(deps: GovernorDeps): Governor & Books {
  return new OneGovernor(deps);
}

class OneGovernor implements Governor, Books {
  private readonly deps: GovernorDeps;
  private readonly counters: BudgetCounters;
  private readonly rates = new RateLimits();
  readonly log: CallLog;
  private readonly sums: HourSums;
  private readonly holds = new Map<string, Hold>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: GovernorDeps) {
    this.deps = deps;
    this.counters = new BudgetCounters(deps.db);
    this.log = new CallLog(deps.db, () => deps.limits().log);
    this.sums = new HourSums(deps.db);
    const orphans = this.counters.recover();
    if (orphans.length > 0) deps.log.warn("gateway.orphaned_reservations", { orphans });
  }

  async admit(call: PlannedCall): Promise<Admission> {
    if (this.holds.has(call.callId)) throw new MoltError("CONFLICT", { message: "this call was admitted before" });
    const limits = this.deps.limits();
    if (call.atFront && !this.needsNoRow(limits, call)) throw needsRow;
    let rates: readonly RateHold[] = [];
    try {
      checkDenied(limits.deny, call, call);
      rates = this.rates.take(limits.rates, call);
      return await this.reserve(limits, call, rates);
    } catch (thrown) {
      this.rates.settle(rates, 0);
      const error = moltErrorFrom(thrown);
      // Asking a person is not yet a refusal.
      if (error.details.step !== "ask" || !call.canAsk)
        this.enter(refusedRecord(call, { code: error.code, message: error.message, status: errorTable[error.code].http }));
      throw error;
    }
  }

  /** What its budgets hold ahead covers it, and all that is asked for is known. */
  private needsNoRow(limits: Limits, call: PlannedCall): boolean {
    const card = this.deps.prices.known(call.provider, call.model);
    if (card === undefined || this.log.waitingCount >= mostWaiting * 10) return false;
    if (!call.caller.own?.budget && isEmpty(limits.budgets)) return true;
    const budgets = budgetsOf(limits, { of: this.counters.known }, call, call);
    return this.counters.holdAhead(budgets, worstNano(call, call, card, call.maxOutputTokens));
  }

  private async reserve(limits: Limits, call: PlannedCall, rates: readonly RateHold[]): Promise<Admission> {
    const cheaper = call.canSwitchModel ? cheaperModelOf(budgetsOf(limits, this.counters, call, call)) : undefined;
    const target = cheaper === undefined ? call : { ...call, ...targetFrom(cheaper) };
    if (cheaper !== undefined) checkDenied(limits.deny, call, target);
    const known = this.deps.prices.known(target.provider, target.model);
    const card = known === undefined ? await this.deps.prices.cardFor(target.provider, target.model) : known;
    // From here to the end nothing waits: what is checked is what is held.
    const budgets = budgetsOf(limits, this.counters, call, target);
    checkAsked(budgets, call.approvedBudgets ?? []);
    const priced = fit(budgets, call, target, card);
    const hold: Hold = { call, budgets: new Map(), rates, cards: new Map([[refOf(target), card]]) };
    const warnings = warningsOf(budgets);
    if (budgets.length > 0) this.hold(hold, budgets, priced.nano);
    this.holds.set(call.callId, hold);
    if (cheaper !== undefined && cheaper !== refOf(call)) warnings.push(`To save money this goes to ${cheaper}.`);
    if (card === null && call.customCost === undefined && budgets.length > 0)
      warnings.push(`The price of ${refOf(target)} is unknown, so no budget counts it.`);
    return {
      callId: call.callId,
      ref: refOf(target),
      maxOutputTokens: priced.maxOutputTokens,
      reservedUsd: usdFrom(priced.nano),
      warnings,
      remaining: remainingOf(budgets),
    };
  }

  async extend(callId: string, target: CallTarget): Promise<void> {
    const hold = this.holds.get(callId);
    if (!hold) throw new MoltError("NOT_FOUND", { message: "there is no such call" });
    const limits = this.deps.limits();
    checkDenied(limits.deny, hold.call, target);
    const card = await this.deps.prices.cardFor(target.provider, target.model);
    const budgets = budgetsOf(limits, this.counters, hold.call, target);
    const nano = worstNano(hold.call, target, card, target.maxOutputTokens);
    const broken = brokenBy(budgets, nano);
    if (broken) throw stopped(broken, nano);
    // Settled while the price was looked up: nothing is left to hold for.
    if (!this.holds.has(callId)) throw new MoltError("ABORTED");
    hold.cards.set(refOf(target), card);
    this.hold(hold, budgets, nano);
  }

  settle(outcome: CallOutcome): Settlement {
    const hold = this.holds.get(outcome.callId);
    if (!hold) return { costUsd: null, estimated: outcome.estimated, remaining: [] };
    this.holds.delete(outcome.callId);
    const cost = costOf(hold, outcome);
    const reserved = Math.max(0, ...[...hold.budgets.values()].map(({ nano }) => nano));
    this.enter(settledRecord(hold.call, outcome, { cost, reserved }));
    const { atFront } = hold.call;
    for (const [counter, { nano }] of hold.budgets) this.counters.settle(counter, nano, cost ?? 0, atFront);
    if (hold.budgets.size > 0 && !atFront) this.scheduleFlush();
    this.rates.settle(hold.rates, (outcome.usage?.input ?? 0) + (outcome.usage?.output ?? 0));
    return {
      costUsd: cost === null ? null : usdFrom(cost),
      estimated: outcome.estimated,
      remaining: remainingOf([...hold.budgets.values()].map(({ budget }) => budget)),
    };
  }

  wantsBodies(): boolean {
    return this.deps.limits().log.bodies;
  }

  private hold(hold: Hold, budgets: readonly AppliedBudget[], nano: number): void {
    for (const budget of budgets) {
      this.counters.reserve(budget.counter, nano, budget.limit, hold.call.atFront);
      const held = hold.budgets.get(budget.counter)?.nano ?? 0;
      hold.budgets.set(budget.counter, { budget, nano: held + nano });
    }
    if (!hold.call.atFront) this.scheduleFlush();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const again = this.deps.db.transaction(() => {
      this.log.flush();
      this.sums.flush();
      return this.counters.flush();
    });
    if (again) this.scheduleFlush();
  }

  usage(asked: Parameters<Books["usage"]>[0]): GatewayUsage {
    this.flush();
    return usageFrom(this.sums, asked);
  }

  days(kind: UsageKind, from: number, until: number, key?: string): ReturnType<Books["days"]> {
    this.flush();
    return daysFrom(this.sums.rows(kind, from, until, key), from, until);
  }

  byKey(kind: UsageKind, from: number, until: number): ReturnType<Books["byKey"]> {
    this.flush();
    return groupByKey(this.sums.rows(kind, from, until));
  }

  budgets(now: number): ReturnType<Books["budgets"]> {
    this.flush();
    const { db, limits, tokenBudgets } = this.deps;
    const set = limits();
    const own = tokenBudgets().map(({ tokenId, budget }) => tokenBudgetStatus(db, tokenId, budget, now, set.timeZone));
    return [...budgetStatuses(db, set, now), ...own];
  }

  resetBudget(id: string, part: string, now: number): boolean {
    this.flush();
    const status = this.budgets(now).find((budget) => budget.id === id && budget.part === part);
    if (!status) return false;
    this.counters.reset(this.counters.of(id, part, windowAt(status.per, now, this.deps.limits().timeZone)));
    return true;
  }

  prune(now: number): void {
    this.flush();
    this.log.prune(now);
    this.rates.prune(now);
    this.counters.prune(now, keptSpendMs);
    this.sums.prune(now - keptSumsMs);
  }

  private enter(record: CallRecord): void {
    this.sums.add(record);
    this.log.add(record);
    if (record.call.atFront) return;
    if (this.log.waitingCount >= mostWaiting) this.flush();
    else this.scheduleFlush();
  }

  private scheduleFlush(): void {
    this.timer ??= setTimeout(() => {
      try {
        this.flush();
      } catch (error) {
        this.deps.log.error("gateway.books_unwritten", { error });
      }
    }, flushMs);
  }
}

function isEmpty(record: object): boolean {
  for (const _name in record) return false;
  return true;
}

const refOf = ({ provider, model }: Pick<CallTarget, "provider" | "model">): string => `${provider}/${model}`;

function targetFrom(ref: string): { provider: string; model: string } {
  const slash = ref.indexOf("/");
  return { provider: ref.slice(0, slash), model: ref.slice(slash + 1) };
}

/** The longest answer that fits all budgets. Throws BUDGET_EXCEEDED when the call, even shortened, does not. */
function fit(budgets: readonly AppliedBudget[], call: PlannedCall, target: CallTarget, card: RateCard | null) {
  const nano = worstNano(call, target, card, target.maxOutputTokens);
  const broken = brokenBy(budgets, nano);
  if (!broken) return { nano, maxOutputTokens: target.maxOutputTokens };
  if (!call.canShorten || !card || target.maxOutputTokens <= leastOutputTokens) throw stopped(broken, nano);
  const left = Math.min(...budgets.map(leftOf));
  const prompt = worstNano(call, target, card, 0);
  const perToken = (nano - prompt) / target.maxOutputTokens;
  const maxOutputTokens = Math.floor((left - prompt) / perToken) - 1;
  if (maxOutputTokens < leastOutputTokens) throw stopped(broken, worstNano(call, target, card, leastOutputTokens));
  return { nano: worstNano(call, target, card, maxOutputTokens), maxOutputTokens };
}

/** A token's holder cannot make a call cheaper than the tables say; where they say nothing, its word is better than none. */
function worstNano(
  { customCost, caller }: PlannedCall,
  target: CallTarget,
  card: RateCard | null,
  maxOutputTokens: number,
): number {
  const known = card ? nanoCeil(worstPriceOf(card, target.inputTokens, maxOutputTokens)) : 0;
  if (!customCost) return known;
  const said = nanoCeil(customPrice(customCost, target.inputTokens, maxOutputTokens));
  return caller.admin ? said : Math.max(known, said);
}

function customPrice(cost: CustomCost, input: number, output: number): number {
  return Math.max(0, "totalCost" in cost ? cost.totalCost : cost.perTokenIn * input + cost.perTokenOut * output);
}

/** Nanodollars of every exchange that could be priced; null when none of those that used anything could. */
function costOf({ call, cards }: Hold, { attempts, usage, provider, model }: CallOutcome): number | null {
  const one = (target: { provider: string; model: string }, used: CallUsage): number | null => {
    const card = cards.get(refOf(target));
    const known = card ? nanoFrom(priceOf(card, used)) : null;
    if (!call.customCost) return known;
    const said = nanoFrom(customPrice(call.customCost, used.input, used.output));
    return call.caller.admin ? said : Math.max(known ?? 0, said);
  };
  const costs = attempts.flatMap((attempt) => (attempt.usage ? [one(attempt, attempt.usage)] : []));
  if (usage) costs.push(one({ provider, model }, usage));
  const known = costs.filter((cost) => cost !== null);
  return costs.length > 0 && known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0);
}
