import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** Folds older messages into a summary now. People still see all of them. */
export const sessionsCompact = defineMethod<"sessions.compact">({
  name: "sessions.compact",
  scope: "operator.write",
  params: () => z.looseObject({ key: z.string() }),
  async handle(params, { sessions, runner }) {
    const key = resolveSessionKey(params.key);
    sessions.need(key);
    const compacted = await runner.compact(key);
    return { ok: true, key, compacted, ...(compacted ? {} : { reason: "there is nothing to fold yet" }) };
  },
});
