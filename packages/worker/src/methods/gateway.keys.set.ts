import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Keeps a key under an alias; the next call uses it, calls under way end on the old one. */
export const gatewayKeysSet = defineMethod<"gateway.keys.set">({
  name: "gateway.keys.set",
  scope: "operator.admin",
  audit: ({ provider, alias }) => `${provider} ${alias}`,
  params: () =>
    z.strictObject({
      provider: z.string().regex(/^[a-z0-9-]{1,40}$/),
      alias: z.string().min(1).max(40),
      apiKey: z.string().min(1).max(8_192),
    }),
  handle({ provider, alias, apiKey }, { aiGateway, hub, clock }) {
    aiGateway.keys.set(provider, alias, apiKey);
    hub.publish("models.changed", { ts: clock.now() });
    return { keys: aiGateway.keys.list() };
  },
});
