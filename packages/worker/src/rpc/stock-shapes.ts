/**
 * Results and events as stock clients know them. Ours say more in a few fields (a session that waits, a cause by its code);
 * OpenClaw's clients read closed sets of values there, and get those. Clients with the `resume` capability are ours.
 */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { EventMap, EventName } from "@moltworker/protocol/events";
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

/** The same object when nothing differs. */
export function stockEvent<Name extends EventName>(event: Name, payload: EventMap[Name]): unknown {
  if (event === "chat") return stockChat(payload as EventMap["chat"]);
  if (event === "device.pair.requested") {
    const { code: _, expiresAtMs: __, reason: ___, approvedScopes: ____, ...rest } = payload as EventMap["device.pair.requested"];
    return rest;
  }
  if (event === "sessions.changed") {
    const changed = payload as EventMap["sessions.changed"];
    return changed.session === null ? changed : { ...changed, session: stockSession(changed.session) };
  }
  return payload;
}

const errorKinds: Partial<Record<ErrorCode | "PAIRING_REQUIRED", string>> = {
  PROVIDER_TIMEOUT: "timeout",
  TIMEOUT: "timeout",
  PROVIDER_RATE_LIMITED: "rate_limit",
  CONTEXT_TOO_LARGE: "context_length",
};

function stockChat(chat: EventMap["chat"]): unknown {
  if (chat.state !== "error") return chat;
  const { code, hint } = chat.errorDetail.details;
  // Its own cure is the most useful thing a stock client can show, and it shows the message alone.
  const errorDetail = { failoverReason: code, providerErrorMessagePreview: chat.errorDetail.message.slice(0, 300) };
  return { ...chat, errorKind: errorKinds[code] ?? "unknown", errorMessage: `${chat.errorMessage} ${hint}`, errorDetail };
}

function stockModel(row: ModelRow): object {
  const thinkingLevels = row.thinkingLevels.map((id) => ({ id, label: id }));
  const { unavailableReason, ...rest } = row;
  return { ...rest, thinkingLevels, ...(unavailableReason === undefined ? {} : { unavailableReason: "missing-auth" }) };
}

const stockStatus: Record<SessionRow["status"], string> = {
  idle: "done",
  running: "running",
  waiting: "running",
  failed: "failed",
};

function stockSession(row: SessionRow): object {
  const { label, thinkingLevel, ...rest } = row;
  const set = { ...(label === null ? {} : { label }), ...(thinkingLevel === null ? {} : { thinkingLevel }) };
  return { ...rest, ...set, status: stockStatus[row.status] };
}

function isChange(result: unknown): result is { entry: SessionRow } {
  return typeof result === "object" && result !== null && "entry" in result && "key" in result;
}
