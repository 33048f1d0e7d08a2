import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The owner's passkeys. They are made over HTTP, at the address that they are bound to. */
export const authPasskeysList = defineMethod<"auth.passkeys.list">({
  name: "auth.passkeys.list",
  scope: "operator.admin",
  params: () => z.strictObject({}),
  handle: (_params, { auth }) => ({ passkeys: auth.passkeys.list() }),
});
