/** One page of the session list, as `sessions.list` and `chat.startup` return it. */

import type { SessionsListParams, SessionsPage } from "@moltworker/protocol/methods";
import type { MethodContext } from "./context.ts";

export function readSessionsPage(context: MethodContext, params: SessionsListParams): SessionsPage {
  const { sessions, view, clock } = context;
  const limit = params.limit ?? 200;
  const offset = params.offset ?? 0;
  const { sessions: rows, totalCount } = sessions.list({ ...params, limit, offset });
  const end = offset + rows.length;
  return {
    ts: clock.now(),
    path: "sqlite:sessions",
    count: rows.length,
    totalCount,
    limitApplied: limit,
    nextOffset: end < totalCount ? end : null,
    hasMore: end < totalCount,
    defaults: view.defaults(),
    sessions: rows.map((row) => view.row(row)),
  };
}
