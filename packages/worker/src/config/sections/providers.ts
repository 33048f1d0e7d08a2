import * as z from "zod";
import { defineSection } from "../section.ts";

/** Where each model provider lives; keys are secrets and are not here. Keyed by provider id. */
export const providersSection = defineSection({
  name: "providers",
  schema: z
    .record(
      z.string().regex(/^[a-z0-9-]{1,40}$/, "must be a provider's id: small letters, digits and dashes"),
      z.strictObject({
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .optional()
          .meta({ title: "Base URL", description: "Where its API is, when not at its usual address." }),
        enabled: z.boolean().optional().describe("Off: its models are not offered, and nothing is sent to it."),
        models: z
          .array(z.string().min(1).max(200))
          .max(200)
          .optional()
          .describe("Models to offer besides the known ones, by id."),
      }),
    )
    .meta({
      title: "Model providers",
      description:
        "Where each provider is reached, by its id, such as `openai`. Keys are secrets: they are under Settings, Models.",
    }),
  defaults: {},
});
