import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { resolveSessionKey } from "../sessions/session-key.ts";

/** Stops one run of a session, or all of them. Returns when the rows say so. */
export const chatAbort = defineMethod<"chat.abort">({
  name: "chat.abort",
  scope: "operator.write",
  params: () =>
    z.strictObject({
      sessionKey: z.string(),
      runId: z.string().optional(),
      agentId: z.string().optional(),
      preserveSideRuns: z.boolean().optional(),
    }),
  handle({ sessionKey, runId }, { runner }) {
    const runIds = runner.abort(
      { sessionKey: resolveSessionKey(sessionKey), ...(runId === undefined ? {} : { runId }) },
      "stopped by the owner",
    );
    return { ok: true, aborted: runIds.length > 0, runIds };
  },
});
