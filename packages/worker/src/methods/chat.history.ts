import * as z from "zod";
import { readHistory } from "../rpc/history.ts";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** The newest messages first fetched, oldest first in the page; `offset` counts back from the newest. */
export const chatHistory = defineMethod<"chat.history">({
  name: "chat.history",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      sessionKey: z.string(),
      limit: z.int().min(1).max(1000).optional(),
      offset: z.int().min(0).optional(),
      maxChars: z.int().min(1).optional(),
      maxBytes: z.int().min(1).optional(),
      agentId: z.string().optional(),
      messageId: z.string().optional(),
      /** Stock clients ask for a delta by it; they get the whole page, which they take as well. */
      cursor: z.union([z.string(), z.number()]).optional(),
    }),
  handle: (params, context) =>
    readHistory(context, {
      sessionKey: resolveSessionKey(params.sessionKey),
      limit: params.limit ?? 200,
      offset: params.offset ?? 0,
    }),
});
