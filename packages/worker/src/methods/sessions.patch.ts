import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** Changes label, model, thinking or a flag; null returns to the default. Settings of stock clients that have no meaning here are accepted and ignored. */
export const sessionsPatch = defineMethod<"sessions.patch">({
  name: "sessions.patch",
  scope: "operator.write",
  params: () =>
    z.looseObject({
      key: z.string(),
      label: z.string().max(200).nullable().optional(),
      model: z.string().max(300).nullable().optional(),
      thinkingLevel: z.string().nullable().optional(),
      archived: z.boolean().nullable().optional(),
      pinned: z.boolean().nullable().optional(),
      unread: z.boolean().nullable().optional(),
    }),
  handle({ key: shortKey, ...patch }, { sessions, view, models, hub }) {
    const key = resolveSessionKey(shortKey);
    if (typeof patch.model === "string") models.describe(patch.model);
    sessions.ensure(key);
    const session = sessions.patch(key, patch);
    const entry = view.row(session);
    hub.publish("sessions.changed", { sessionKey: key, reason: "updated", session: entry });
    return { ok: true, path: "sqlite:sessions", key, entry, resolved: view.resolved(session) };
  },
});
