/** The AI gateway's rows as methods return them: limits of a token, log rows, what was used and what is left. */

export const budgetPeriods = ["day", "week", "month", "always"] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

/** Limits that a token carries, beside those of the settings. */
export interface TokenLimits {
  /** `provider` or `provider/model`; `*` at the end matches the rest. Absent: everything. */
  allow?: string[] | undefined;
  /** US dollars. */
  budget?: { usd: number; per: BudgetPeriod } | undefined;
  /** In any span of a minute. */
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}
