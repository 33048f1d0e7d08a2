import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Forgets a key. */
export const gatewayKeysRemove = defineMethod<"gateway.keys.remove">({
  name: "gateway.keys.remove",
  scope: "operator.admin",
  audit: ({ provider, alias }) => `${provider} ${alias}`,
  params: () => z.strictObject({ provider: z.string().min(1).max(40), alias: z.string().min(1).max(40) }),
  handle({ provider, alias }, { aiGateway, hub, clock }) {
    aiGateway.keys.remove(provider, alias);
    hub.publish("models.changed", { ts: clock.now() });
    return { keys: aiGateway.keys.list() };
  },
});
