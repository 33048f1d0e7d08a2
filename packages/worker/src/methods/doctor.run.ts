import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What is wrong and what cures it. With `probe`, real calls to each provider. */
export const doctorRun = defineMethod<"doctor.run">({
  name: "doctor.run",
  scope: "operator.admin",
  params: () =>
    z.strictObject({
      probe: z.boolean().optional(),
      ids: z.array(z.string().min(1).max(60)).max(100).optional(),
      now: z.number().optional(),
    }),
  handle: (params, { doctor }) => doctor.run(params),
});
