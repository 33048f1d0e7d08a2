import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { defaultAgentId } from "../sessions/session-key.ts";

/** What `openclaw status` prints. */
export const status = defineMethod<"status">({
  name: "status",
  scope: "operator.read",
  params: () => z.strictObject({ includeChannelSummary: z.boolean().optional() }),
  handle(_params, context) {
    const { sessions, view, server, clock } = context;
    const { sessions: recent, totalCount } = sessions.list({ limit: 10 });
    const defaults = view.defaults();
    const rows = recent.map((session) => {
      const row = view.row(session);
      return {
        agentId: defaultAgentId,
        key: row.key,
        kind: row.kind,
        sessionId: row.sessionId,
        updatedAt: row.updatedAt,
        age: clock.now() - row.updatedAt,
        model: row.model,
        contextTokens: row.contextTokens,
        totalTokens: row.totalTokens,
        inputTokens: row.inputTokens,
        outputTokens: row.outputTokens,
        flags: [],
      };
    });
    return {
      runtimeVersion: server.version,
      heartbeat: { defaultAgentId, agents: [{ agentId: defaultAgentId, enabled: false, every: "disabled", everyMs: null }] },
      channelSummary: [],
      queuedSystemEvents: [],
      tasks: { total: 0, active: 0, terminal: 0, failures: 0, byStatus: {}, byRuntime: {} },
      sessions: {
        paths: ["sqlite:sessions"],
        count: totalCount,
        defaults: { model: defaults.model, contextTokens: defaults.contextTokens },
        recent: rows,
        byAgent: [{ agentId: defaultAgentId, path: "sqlite:sessions", count: totalCount, recent: rows }],
      },
      uptimeMs: clock.now() - server.startedAt,
    };
  },
});
