import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Forgets every cached answer. */
export const gatewayCacheClear = defineMethod<"gateway.cache.clear">({
  name: "gateway.cache.clear",
  scope: "operator.write",
  audit: () => "all",
  params: () => z.strictObject({}),
  handle: (_, { aiGateway }) => ({ cleared: aiGateway.cache.clear() }),
});
