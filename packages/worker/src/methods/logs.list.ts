import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { logLevels } from "../storage/log-ring.ts";

/** Lines of the log by level, event and words; oldest first. */
export const logsList = defineMethod<"logs.list">({
  name: "logs.list",
  scope: "operator.admin",
  params: () =>
    z.strictObject({
      limit: z.int().min(1).max(1_000).optional(),
      before: z.int().min(1).optional(),
      after: z.int().min(0).optional(),
      level: z.enum(logLevels).optional(),
      event: z.string().max(100).optional(),
      search: z.string().max(200).optional(),
    }),
  handle({ limit = 200, ...page }, { logs }) {
    const rows = logs.list({ limit, ...page });
    return { rows, hasMore: rows.length === limit };
  },
});
