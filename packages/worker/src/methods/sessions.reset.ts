import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** A fresh conversation under the same key and session id; what was said stays in the log under the older revision. */
export const sessionsReset = defineMethod<"sessions.reset">({
  name: "sessions.reset",
  scope: "operator.write",
  params: () =>
    z.looseObject({
      key: z.string(),
      reason: z.enum(["new", "reset"]).optional(),
      expectedSessionId: z.string().optional(),
    }),
  handle(params, { sessions, runner, view, hub }) {
    const key = resolveSessionKey(params.key);
    const { session: before } = sessions.ensure(key);
    if (params.expectedSessionId !== undefined && params.expectedSessionId !== before.session_id) throw new MoltError("CONFLICT");
    runner.abort({ sessionKey: key }, "the session was reset");
    const session = sessions.reset(key);
    const entry = view.row(session);
    hub.publish("sessions.changed", { sessionKey: key, reason: "reset", session: entry });
    return { ok: true, key, entry, resolved: view.resolved(session) };
  },
});
