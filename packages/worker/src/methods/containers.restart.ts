import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Answers when the new generation is ready. */
export const containersRestart = defineMethod<"containers.restart">({
  name: "containers.restart",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: async ({ id }, { containers }) => ({ generation: await containers.restart(id) }),
});
