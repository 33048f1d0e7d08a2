import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Gives a passkey another name. */
export const authPasskeysRename = defineMethod<"auth.passkeys.rename">({
  name: "auth.passkeys.rename",
  scope: "operator.admin",
  audit: ({ id, label }) => `${id}: ${label}`,
  params: () => z.strictObject({ id: z.string().min(1).max(60), label: z.string().trim().min(1).max(64) }),
  handle: ({ id, label }, { auth }) => auth.passkeys.rename(id, label),
});
