import * as z from "zod";
import { readHistory } from "../rpc/history.ts";
import { defineMethod } from "../rpc/method.ts";
import { readSessionsPage } from "../rpc/sessions-page.ts";
import { mainSessionKey, resolveSessionKey } from "../sessions/session-key.ts";

/** Everything a first screen needs, in one call. Opening a conversation marks it read. */
export const chatStartup = defineMethod<"chat.startup">({
  name: "chat.startup",
  scope: "operator.read",
  params: () => z.strictObject({ sessionKey: z.string().optional(), limit: z.int().min(1).max(1000).optional() }),
  handle(params, context) {
    const { models, approvals, runner, config, server, sessions } = context;
    const sessionKey = params.sessionKey === undefined ? mainSessionKey : resolveSessionKey(params.sessionKey);
    const agent = config.get("agent");
    return {
      history: readHistory(context, { sessionKey, limit: params.limit ?? 100, offset: 0 }),
      sessions: readSessionsPage(context, { limit: 200 }),
      models: models.listModels(),
      providers: models.providerStatuses(),
      approvals: approvals.pending(),
      suspended: runner.suspended,
      assistantName: agent.name,
      engine: config.get("assistant").engine,
      thinkingLevel: sessions.get(sessionKey)?.thinking ?? agent.thinking,
      defaultModel: models.defaultModel(),
      version: server.version,
    };
  },
});
