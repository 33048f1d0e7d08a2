import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Which (provider, model, key) failed lately, and which of them are not asked for the moment. */
export const gatewayBreakersList = defineMethod<"gateway.breakers.list">({
  name: "gateway.breakers.list",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle: (_, { aiGateway }) => ({ breakers: aiGateway.breakers.list() }),
});
