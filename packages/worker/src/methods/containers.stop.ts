import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Gives it a moment to finish; the next use starts it again. */
export const containersStop = defineMethod<"containers.stop">({
  name: "containers.stop",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: async ({ id }, { containers }) => {
    await containers.stop(id);
    return { ok: true };
  },
});
