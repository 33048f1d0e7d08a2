import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** Removes a session and its log. The main session is refused. */
export const sessionsDelete = defineMethod<"sessions.delete">({
  name: "sessions.delete",
  scope: "operator.write",
  params: () => z.looseObject({ key: z.string(), deleteTranscript: z.boolean().optional() }),
  handle(params, { sessions, runner, hub }) {
    const key = resolveSessionKey(params.key);
    runner.abort({ sessionKey: key }, "the session was deleted");
    const deleted = sessions.delete(key);
    if (deleted) hub.publish("sessions.changed", { sessionKey: key, reason: "deleted", session: null });
    return { ok: true, key, deleted, archived: [] };
  },
});
