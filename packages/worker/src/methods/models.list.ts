import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Models of every provider; `refresh` looks again for local servers and new models. */
export const modelsList = defineMethod<"models.list">({
  name: "models.list",
  scope: "operator.read",
  params: () => z.looseObject({ view: z.string().optional(), agentId: z.string().optional(), refresh: z.boolean().optional() }),
  async handle({ refresh }, { models }) {
    // A client that asks once must not miss the local servers because it was quick.
    await (refresh ? models.refresh() : models.settled());
    return { models: models.listModels() };
  },
});
