import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The end of the log, then what came after a cursor: what `openclaw logs` asks. */
export const logsTail = defineMethod<"logs.tail">({
  name: "logs.tail",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      cursor: z.int().min(0).optional(),
      limit: z.int().min(1).max(5_000).optional(),
      maxBytes: z.int().min(1).max(1_000_000).optional(),
    }),
  handle: ({ cursor, limit = 500, maxBytes = 250_000 }, { logs }) => ({
    file: "sqlite:log_lines",
    ...logs.tail({ cursor, limit, maxBytes }),
  }),
});
