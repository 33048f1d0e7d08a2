import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Keeps a key only after a real call with it succeeded. */
export const modelsAuthSetApiKey = defineMethod<"models.authSetApiKey">({
  name: "models.authSetApiKey",
  scope: "operator.admin",
  audit: ({ provider }) => provider,
  params: () =>
    z.strictObject({
      provider: z.string().min(1).max(40),
      apiKey: z.string().max(8_192).optional(),
      baseUrl: z.url({ protocol: /^https?$/ }).optional(),
      makeDefault: z.boolean().optional(),
    }),
  async handle(params, { models, config, hub, clock }, { principal }) {
    const { defaultModel } = await models.setKey(params.provider, {
      ...(params.apiKey === undefined ? {} : { apiKey: params.apiKey }),
      ...(params.baseUrl === undefined ? {} : { baseUrl: params.baseUrl }),
      changedBy: principal.id,
    });
    if (params.makeDefault && defaultModel) config.patch({ agent: { model: defaultModel } }, { changedBy: principal.id });
    hub.publish("models.changed", { ts: clock.now() });
    const provider = models.providerStatuses().find((status) => status.id === params.provider);
    if (!provider) throw new MoltError("NOT_FOUND", { message: `there is no provider "${params.provider}"` });
    return { ok: true, provider, defaultModel: models.defaultModel() };
  },
});
