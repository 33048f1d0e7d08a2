import * as z from "zod";
import { createId } from "../platform/id.ts";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** A new conversation, or the one that has the key already. */
export const sessionsCreate = defineMethod<"sessions.create">({
  name: "sessions.create",
  scope: "operator.write",
  params: () =>
    z.looseObject({
      key: z.string().optional(),
      label: z.string().max(200).optional(),
      model: z.string().optional(),
      agentId: z.string().optional(),
    }),
  handle(params, { sessions, view, models, hub, clock }) {
    const key = resolveSessionKey(params.key ?? createId("chat", clock.now()));
    if (params.model !== undefined) models.describe(params.model);
    const { created } = sessions.ensure(key);
    const session = sessions.patch(key, {
      ...(params.label ? { label: params.label } : {}),
      ...(params.model ? { model: params.model } : {}),
    });
    const entry = view.row(session);
    hub.publish("sessions.changed", { sessionKey: key, reason: created ? "created" : "updated", session: entry });
    return { ok: true, key, sessionId: session.session_id, entry, runStarted: false };
  },
});
