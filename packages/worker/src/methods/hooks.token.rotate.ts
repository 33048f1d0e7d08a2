import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** A new hook token; the old one is dead at once. */
export const hooksTokenRotate = defineMethod<"hooks.token.rotate">({
  name: "hooks.token.rotate",
  scope: "operator.admin",
  lasting: true,
  audit: () => "the hook token",
  params: () => z.strictObject({}),
  handle: (_params, { hooks }) => ({ token: hooks.rotateToken() }),
});
