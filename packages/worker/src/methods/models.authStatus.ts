import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Each provider and whether it can be used; keys never leave. */
export const modelsAuthStatus = defineMethod<"models.authStatus">({
  name: "models.authStatus",
  scope: "operator.read",
  params: () => z.looseObject({}),
  handle: (_params, { models }) => ({ providers: models.providerStatuses() }),
});
