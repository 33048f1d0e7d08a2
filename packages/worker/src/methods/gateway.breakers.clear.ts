import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Lets calls through again at once: all, or those of a provider, a model, a key. */
export const gatewayBreakersClear = defineMethod<"gateway.breakers.clear">({
  name: "gateway.breakers.clear",
  scope: "operator.write",
  audit: ({ provider, model, keyAlias }) => [provider, model, keyAlias].filter(Boolean).join(" ") || "all",
  params: () =>
    z.strictObject({
      provider: z.string().min(1).max(80).optional(),
      model: z.string().max(200).optional(),
      keyAlias: z.string().max(80).optional(),
    }),
  handle: (filter, { aiGateway }) => ({ cleared: aiGateway.breakers.clear(filter) }),
});
