import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The tokens for programs that are good now; never the tokens themselves. */
export const authTokensList = defineMethod<"auth.tokens.list">({
  name: "auth.tokens.list",
  scope: "operator.admin",
  params: () => z.strictObject({}),
  handle: (_params, { auth }) => ({ tokens: auth.apiTokens.list() }),
});
