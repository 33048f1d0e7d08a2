import * as z from "zod";
import { readHistory } from "../rpc/history.ts";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** The newest messages first fetched, oldest first in the page; `offset` counts back from the newest. */
export const chatHistory = defineMethod<"chat.history">({
  name: "chat.history",
  scope: "operator.read",
  params: z.strictObject({
    sessionKey: z.string(),
    limit: z.int().min(1).max(1000).optional(),
    offset: z.int().min(0).optional(),
    maxChars: z.int().min(1).optional(),
    agentId: z.string().optional(),
  }),
  handle: (params, context) =>
    readHistory(context, { sessionKey: resolveSessionKey(params.sessionKey), limit: params.limit ?? 200, offset: params.offset ?? 0 }),
});
