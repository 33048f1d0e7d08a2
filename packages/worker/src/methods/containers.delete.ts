import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** At once, and forgets why it failed. */
export const containersDelete = defineMethod<"containers.delete">({
  name: "containers.delete",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: async ({ id }, { containers }) => {
    await containers.remove(id);
    return { ok: true };
  },
});
