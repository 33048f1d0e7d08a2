import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { addTotals, costTotals, dateText, noTotals, spanOf } from "../rpc/usage-shapes.ts";
import { defaultAgentId } from "../sessions/session-key.ts";

const word = z.string().max(100).optional();

/** What each session cost, dearest first, in OpenClaw's shape. */
export const sessionsUsage = defineMethod<"sessions.usage">({
  name: "sessions.usage",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      key: z.string().min(1).max(300).optional(),
      agentId: word,
      agentScope: z.literal("all").optional(),
      startDate: word,
      endDate: word,
      mode: word,
      range: word,
      groupBy: word,
      includeHistorical: z.boolean().optional(),
      utcOffset: word,
      timeZone: word,
      limit: z.int().min(1).max(1_000).optional(),
      includeContextWeight: z.boolean().optional(),
    }),
  handle({ key, limit = 50, ...asked }, { governor, sessions, view, clock }) {
    const now = clock.now();
    const { from, until } = spanOf(asked, now);
    const spent = [...governor.byKey("session", from, until)].filter(([name]) => key === undefined || name === key);
    const rows = spent
      .map(([name, sums]) => {
        const known = sessions.get(name) && view.byKey(name);
        return {
          key: name,
          ...(known ? { label: known.displayName, sessionId: known.sessionId, updatedAt: known.updatedAt } : {}),
          agentId: defaultAgentId,
          usage: costTotals(sums),
        };
      })
      .sort((left, right) => right.usage.totalCost - left.usage.totalCost || right.usage.totalTokens - left.usage.totalTokens);
    const totals = rows.reduce((sum, row) => addTotals(sum, row.usage), noTotals());
    return {
      updatedAt: now,
      startDate: dateText(from),
      endDate: dateText(until - 1),
      sessions: rows.slice(0, limit),
      totals,
    };
  },
});
