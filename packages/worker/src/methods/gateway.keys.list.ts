import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The keys of every provider by alias and how each stands; never a key itself. */
export const gatewayKeysList = defineMethod<"gateway.keys.list">({
  name: "gateway.keys.list",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle: (_, { aiGateway }) => ({ keys: aiGateway.keys.list() }),
});
