import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** One session's row. */
export const sessionsDescribe = defineMethod<"sessions.describe">({
  name: "sessions.describe",
  scope: "operator.read",
  params: () => z.looseObject({ key: z.string() }),
  handle: ({ key }, { sessions, view }) => view.row(sessions.need(resolveSessionKey(key))),
});
