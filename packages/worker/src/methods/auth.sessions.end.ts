import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Signs one browser out and closes its sockets. */
export const authSessionsEnd = defineMethod<"auth.sessions.end">({
  name: "auth.sessions.end",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle({ id }, { auth, closeEnded }) {
    if (!auth.endSessionById(id))
      throw new MoltError("NOT_FOUND", { message: "there is no such session", hint: "It has ended already." });
    closeEnded();
    return { ok: true, id };
  },
});
