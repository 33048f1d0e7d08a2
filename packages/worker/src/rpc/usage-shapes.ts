/** Sums in OpenClaw's shape, and its ways to name a span of days. */

import type { CostTotals } from "@moltworker/protocol/gateway";
import type { Sums } from "../ai-gateway/governor/hour-sums.ts";
import { usdFrom } from "../ai-gateway/governor/money.ts";

const dayMs = 86_400_000;

export function costTotals(sums: Sums): CostTotals {
  const { input, output, cacheRead, cacheWrite, cost, unpriced } = sums;
  const fresh = Math.max(0, input - cacheRead - cacheWrite);
  return {
    input: fresh,
    output,
    cacheRead,
    cacheWrite,
    totalTokens: input + output,
    totalCost: usdFrom(cost),
    missingCostEntries: unpriced,
  };
}

export function addTotals(into: CostTotals, more: CostTotals): CostTotals {
  for (const key of Object.keys(into) as (keyof CostTotals)[]) into[key] += more[key];
  return into;
}

export const noTotals = (): CostTotals => ({
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  totalCost: 0,
  missingCostEntries: 0,
});

export const dateText = (at: number): string => new Date(at).toISOString().slice(0, 10);

const ranges: Record<string, number> = { "7d": 7, "30d": 30, "90d": 90, "1y": 365, all: 400 };

/** UTC days, the last one whole. Dates that are none are as if they were absent. */
export function spanOf(
  asked: { days?: number | undefined; range?: string | undefined; startDate?: string | undefined; endDate?: string | undefined },
  now: number,
): { from: number; until: number } {
  const today = Math.floor(now / dayMs) * dayMs;
  const end = dayFrom(asked.endDate) ?? today;
  const days = asked.days ?? ranges[asked.range ?? ""] ?? 30;
  const start = dayFrom(asked.startDate) ?? end - (days - 1) * dayMs;
  return { from: Math.max(Math.min(start, end), end - 400 * dayMs), until: end + dayMs };
}

function dayFrom(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}
