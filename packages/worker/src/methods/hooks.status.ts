import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Which webhooks there are, and what each is verified with. */
export const hooksStatus = defineMethod<"hooks.status">({
  name: "hooks.status",
  scope: "operator.admin",
  params: () => z.strictObject({}),
  handle: (_params, { hooks }) => hooks.status(),
});
