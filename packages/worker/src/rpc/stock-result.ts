/**
 * Results as stock clients know them. Ours say more in a few fields (a session that waits, a reason in words); OpenClaw's
 * clients read closed sets of values there, and get those. Clients with the `resume` capability are ours.
 */

import type { Result } from "@moltworker/protocol/methods";
import type { ModelRow, SessionRow } from "@moltworker/protocol/rows";

export function stockResult(method: string, result: unknown): unknown {
  if (method === "models.list") return { models: (result as Result<"models.list">).models.map(stockModel) };
  if (method === "sessions.list") {
    const page = result as Result<"sessions.list">;
    return { ...page, sessions: page.sessions.map(stockSession) };
  }
  if (method === "sessions.describe") return stockSession(result as SessionRow);
  if (isChange(result)) return { ...result, entry: stockSession(result.entry) };
  return result;
}

export function stockModel(row: ModelRow): object {
  const thinkingLevels = row.thinkingLevels.map((id) => ({ id, label: id }));
  const { unavailableReason, ...rest } = row;
  return { ...rest, thinkingLevels, ...(unavailableReason === undefined ? {} : { unavailableReason: "missing-auth" }) };
}

const stockStatus: Record<SessionRow["status"], string> = { idle: "done", running: "running", waiting: "running", failed: "failed" };

export function stockSession(row: SessionRow): object {
  const { label, thinkingLevel, ...rest } = row;
  const set = { ...(label === null ? {} : { label }), ...(thinkingLevel === null ? {} : { thinkingLevel }) };
  return { ...rest, ...set, status: stockStatus[row.status] };
}

function isChange(result: unknown): result is { entry: SessionRow } {
  return typeof result === "object" && result !== null && "entry" in result && "key" in result;
}
