import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The last lines that its first process wrote. */
export const containersLogs = defineMethod<"containers.logs">({
  name: "containers.logs",
  scope: "operator.admin",
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: async ({ id }, { containers }) => ({ lines: await containers.lines(id) }),
});
