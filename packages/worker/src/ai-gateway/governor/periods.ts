/** Calendar windows of budgets, in UTC: a day begins at midnight, a week on Monday, a month on its first. */

import type { BudgetPeriod } from "@moltworker/protocol/gateway";

export interface Window {
  startsAt: number;
  /** Exclusive; Infinity for a budget without end. */
  endsAt: number;
}

const dayMs = 86_400_000;

/** The window that holds the moment `now`, epoch milliseconds. */
export function windowAt(per: BudgetPeriod, now: number): Window {
  if (per === "always") return { startsAt: 0, endsAt: Number.POSITIVE_INFINITY };
  const midnight = Math.floor(now / dayMs) * dayMs;
  if (per === "day") return { startsAt: midnight, endsAt: midnight + dayMs };
  if (per === "week") {
    // The epoch's first day was a Thursday.
    const monday = midnight - ((midnight / dayMs + 3) % 7) * dayMs;
    return { startsAt: monday, endsAt: monday + 7 * dayMs };
  }
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startsAt: Date.UTC(year, month, 1), endsAt: Date.UTC(year, month + 1, 1) };
}
