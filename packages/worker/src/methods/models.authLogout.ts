import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Forgets a provider's key. */
export const modelsAuthLogout = defineMethod<"models.authLogout">({
  name: "models.authLogout",
  scope: "operator.admin",
  audit: ({ provider }) => provider,
  params: () => z.strictObject({ provider: z.string().min(1).max(40) }),
  handle({ provider: id }, { models, hub, clock }) {
    models.forgetKey(id);
    hub.publish("models.changed", { ts: clock.now() });
    const provider = models.providerStatuses().find((status) => status.id === id);
    if (!provider) throw new MoltError("NOT_FOUND", { message: `there is no provider "${id}"` });
    return { ok: true, provider };
  },
});
