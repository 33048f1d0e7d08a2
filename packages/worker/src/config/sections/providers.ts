import * as z from "zod";
import { defineSection } from "../section.ts";

/** Where each model provider lives; keys are secrets and are not here. Keyed by provider id. */
export const providersSection = defineSection({
  name: "providers",
  schema: z.record(
    z.string().regex(/^[a-z0-9-]{1,40}$/),
    z.strictObject({
      baseUrl: z.url({ protocol: /^https?$/ }).optional(),
      enabled: z.boolean().optional(),
      /** Models to offer besides the known ones, by id. */
      models: z.array(z.string().min(1).max(200)).max(200).optional(),
    }),
  ),
  defaults: {},
});
