import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends a passkey for good, with the sessions that it opened. */
export const authPasskeysRemove = defineMethod<"auth.passkeys.remove">({
  name: "auth.passkeys.remove",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle({ id }, { auth, closeEnded }) {
    const row = auth.passkeys.remove(id);
    closeEnded();
    return row;
  },
});
