import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends a token for programs for good and closes its sockets. */
export const authTokensRevoke = defineMethod<"auth.tokens.revoke">({
  name: "auth.tokens.revoke",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle({ id }, { auth, closeEnded }) {
    const row = auth.apiTokens.revoke(id);
    closeEnded();
    return { ok: true, id: row.id };
  },
});
