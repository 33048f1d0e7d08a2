/** The AI gateway's methods: its log, what was used, budgets. Part of `MethodMap`. */

import type { BudgetStatus, CostTotals, GatewayLogFilter, GatewayLogRow, GatewayUsage, UsageKind } from "./gateway.ts";

type None = Record<string, unknown>;

export interface GatewayMethods {
  /** Ours: calls through the AI gateway, newest first. `before` is the last page's `next`. */
  "gateway.logs.list": {
    params: { limit?: number | undefined; before?: string | undefined } & GatewayLogFilter;
    result: { rows: GatewayLogRow[]; next: string | null };
  };
  "gateway.logs.get": {
    params: { id: string };
    result: { row: GatewayLogRow; request: string | null; response: string | null };
  };
  "gateway.logs.feedback": {
    params: { id: string; feedback?: -1 | 1 | null | undefined; score?: number | null | undefined };
    result: { row: GatewayLogRow };
  };
  "gateway.logs.clear": { params: None; result: { deleted: number } };
  /** Ours: makes the call of a stored row again, as a row of its own. */
  "gateway.logs.replay": { params: { id: string }; result: { row: GatewayLogRow; text: string } };
  /** Ours: sums for charts over the last `hours`. */
  "gateway.usage": { params: { hours?: number; kind?: UsageKind; key?: string }; result: GatewayUsage };
  /** Ours: what each budget has spent, holds and has left in its present window. */
  "gateway.budgets.list": { params: None; result: { budgets: BudgetStatus[] } };
  /** Ours: takes what a budget has spent in its present window for nothing. */
  "gateway.budgets.reset": { params: { id: string; part?: string }; result: { ok: true } };
  "usage.status": {
    params: None;
    result: {
      updatedAt: number;
      providers: {
        provider: string;
        displayName: string;
        windows: { label: string; usedPercent: number; resetAt?: number }[];
        error?: string;
      }[];
    };
  };
  "usage.cost": {
    params: {
      days?: number;
      startDate?: string;
      endDate?: string;
      mode?: string;
      utcOffset?: string;
      timeZone?: string;
      agentId?: string;
    };
    result: { updatedAt: number; days: number; daily: (CostTotals & { date: string })[]; totals: CostTotals };
  };
  "sessions.usage": {
    params: {
      key?: string;
      agentId?: string;
      agentScope?: "all";
      startDate?: string;
      endDate?: string;
      mode?: string;
      range?: string;
      groupBy?: string;
      includeHistorical?: boolean;
      utcOffset?: string;
      timeZone?: string;
      limit?: number;
      includeContextWeight?: boolean;
    };
    result: {
      updatedAt: number;
      startDate: string;
      endDate: string;
      sessions: { key: string; label?: string; sessionId?: string; updatedAt?: number; agentId: string; usage: CostTotals }[];
      totals: CostTotals;
    };
  };
}
