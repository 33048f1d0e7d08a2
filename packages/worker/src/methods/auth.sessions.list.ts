import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The browsers that are signed in. */
export const authSessionsList = defineMethod<"auth.sessions.list">({
  name: "auth.sessions.list",
  scope: "operator.admin",
  params: () => z.strictObject({}),
  handle: (_params, { auth }, { principal }) => ({
    sessions: auth.listSessions().map((session) => ({ ...session, current: session.id === principal.id })),
  }),
});
