import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Ends every web session and closes their sockets, this one included. */
export const authSignOutEverywhere = defineMethod<"auth.signOutEverywhere">({
  name: "auth.signOutEverywhere",
  scope: "operator.admin",
  audit: () => "",
  params: () => z.strictObject({}),
  handle: (_params, { signOutEverywhere }) => ({ ok: true, ended: signOutEverywhere() }),
});
