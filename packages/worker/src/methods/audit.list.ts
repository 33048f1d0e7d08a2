import * as z from "zod";
import { auditFilter } from "../auth/audit-filter.ts";
import { defineMethod } from "../rpc/method.ts";

/** Who did what, newest first. */
export const auditList = defineMethod<"audit.list">({
  name: "audit.list",
  scope: "operator.admin",
  params: () => z.strictObject({ ...auditFilter, limit: z.int().min(1).max(500).optional(), before: z.int().min(1).optional() }),
  handle({ limit = 100, ...page }, { audit }) {
    const rows = audit.list({ limit, ...page });
    return { rows, hasMore: rows.length === limit };
  },
});
