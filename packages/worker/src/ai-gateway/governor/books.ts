/** What people ask of the governor: how much was used, what is left, which calls there were. */

import type { BudgetPeriod, BudgetStatus, GatewayUsage, UsageKind, UsageSums } from "@moltworker/protocol/gateway";
import type { BudgetRule, Limits } from "../../config/sections/limits.ts";
import type { Database } from "../../storage/database.ts";
import type { CallLog } from "./call-log.ts";
import { percentile } from "./histogram.ts";
import { addSums, emptySums, type HourSums, type SumRow, type Sums } from "./hour-sums.ts";
import { nanoFrom, usdFrom } from "./money.ts";
import { windowAt } from "./periods.ts";

export interface Books {
  log: CallLog;
  usage(asked: { kind: UsageKind; key?: string | undefined; from: number; until: number; stepMs: number }): GatewayUsage;
  /** Sums of each UTC day, oldest first, of one key or of all. */
  days(kind: UsageKind, from: number, until: number, key?: string): { day: number; sums: Sums }[];
  /** Sums by key. */
  byKey(kind: UsageKind, from: number, until: number): Map<string, Sums>;
  budgets(now: number): Omit<BudgetStatus, "label">[];
  /** False when nothing was spent from it. */
  resetBudget(id: string, part: string, now: number): boolean;
  /** Forgets what is too old. */
  prune(now: number): void;
}

const dayMs = 86_400_000;

export function usageFrom(sums: HourSums, asked: Parameters<Books["usage"]>[0]): GatewayUsage {
  const { kind, key, from, until, stepMs } = asked;
  const start = Math.floor(from / stepMs) * stepMs;
  const rows = sums.rows(key === undefined ? "all" : kind, start, until, key);
  const totals = emptySums();
  const steps = new Map<number, Sums>();
  for (let at = start; at < until; at += stepMs) steps.set(at, emptySums());
  for (const row of rows) {
    addSums(totals, row);
    const step = steps.get(start + Math.floor((row.hour - start) / stepMs) * stepMs);
    if (step) addSums(step, row);
  }
  const top = [...groupByKey(sums.rows(kind, start, until))]
    .sort(([, left], [, right]) => right.cost - left.cost || right.calls - left.calls)
    .slice(0, 50);
  return {
    from: start,
    until,
    stepMs,
    totals: shown(totals),
    points: [...steps].map(([at, step]) => ({ at, ...shown(step) })),
    top: top.map(([name, group]) => ({ key: name, label: name, ...shown(group) })),
  };
}

export function groupByKey(rows: readonly SumRow[]): Map<string, Sums> {
  const groups = new Map<string, Sums>();
  for (const row of rows) {
    let group = groups.get(row.key);
    if (!group) groups.set(row.key, (group = emptySums()));
    addSums(group, row);
  }
  return groups;
}

export function daysFrom(rows: readonly SumRow[], from: number, until: number): { day: number; sums: Sums }[] {
  const days: { day: number; sums: Sums }[] = [];
  for (let day = Math.floor(from / dayMs) * dayMs; day < until; day += dayMs) {
    const sums = emptySums();
    for (const row of rows) if (row.hour >= day && row.hour < day + dayMs) addSums(sums, row);
    days.push({ day, sums });
  }
  return days;
}

interface SpendRow {
  budget: string;
  part: string;
  starts_at: number;
  ends_at: number | null;
  spent: number;
  held: number;
}

/** Of every budget in its present window, also of those that nothing was spent from. The counters must be written first. */
export function budgetStatuses(
  db: Database,
  { budgets: rules, timeZone }: Pick<Limits, "budgets" | "timeZone">,
  now: number,
): Omit<BudgetStatus, "label">[] {
  const rows = db.all<SpendRow>("SELECT * FROM gateway_spend WHERE ends_at IS NULL OR ends_at > ? ORDER BY spent DESC", now);
  const found: Omit<BudgetStatus, "label">[] = [];
  for (const [id, rule] of Object.entries(rules)) {
    const window = windowAt(rule.per, now, timeZone);
    const own = rows.filter((row) => row.budget === id && row.starts_at === window.startsAt);
    const only = rule.scope === "all" ? "" : rule.only;
    if (own.length === 0 && only !== undefined) own.push({ ...unspent, budget: id, part: only, starts_at: window.startsAt });
    for (const row of own) found.push(statusOf(row, rule, window.endsAt));
  }
  return found;
}

const unspent = { ends_at: null, spent: 0, held: 0 };

/** Of a token's own budget. */
export function tokenBudgetStatus(
  db: Database,
  tokenId: string,
  budget: { usd: number; per: BudgetPeriod },
  now: number,
  timeZone: string,
): Omit<BudgetStatus, "label"> {
  const window = windowAt(budget.per, now, timeZone);
  const row = db.one<SpendRow>(
    "SELECT * FROM gateway_spend WHERE budget = ':token' AND part = ? AND starts_at = ?",
    tokenId,
    window.startsAt,
  );
  const rule: BudgetRule = { scope: "token", name: "Own budget", warnAt: 0.8, ...budget };
  return statusOf(row ?? { ...unspent, budget: ":token", part: tokenId, starts_at: window.startsAt }, rule, window.endsAt);
}

function statusOf(row: SpendRow, rule: BudgetRule, endsAt: number): Omit<BudgetStatus, "label"> {
  const share = rule.usd === 0 ? 1 : row.held / nanoFrom(rule.usd);
  const past = (at: number | undefined) => at !== undefined && share >= at;
  return {
    id: row.budget,
    name: rule.name ?? row.budget,
    scope: rule.scope,
    part: row.part,
    per: rule.per,
    limitUsd: rule.usd,
    spentUsd: usdFrom(row.spent),
    reservedUsd: usdFrom(row.held - row.spent),
    resetsAt: Number.isFinite(endsAt) ? endsAt : null,
    step: share >= 1 ? "stop" : past(rule.askAt) ? "ask" : past(rule.cheaperAt) ? "cheaper" : past(rule.warnAt) ? "warn" : "ok",
  };
}

function shown(sums: Sums): UsageSums {
  const { waits, first, cost, ...counts } = sums;
  return {
    ...counts,
    costUsd: usdFrom(cost),
    p50Ms: percentile(waits, 0.5),
    p95Ms: percentile(waits, 0.95),
    firstByteP50Ms: percentile(first, 0.5),
  };
}
