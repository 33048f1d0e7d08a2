import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Who did what, newest first. */
export const auditList = defineMethod<"audit.list">({
  name: "audit.list",
  scope: "operator.admin",
  params: z.strictObject({
    limit: z.int().min(1).max(500).optional(),
    before: z.int().min(1).optional(),
    search: z.string().max(200).optional(),
  }),
  handle({ limit = 100, before, search }, { audit }) {
    const rows = audit.list({ limit, ...(before === undefined ? {} : { before }), ...(search === undefined ? {} : { search }) });
    return { rows, hasMore: rows.length === limit };
  },
});
