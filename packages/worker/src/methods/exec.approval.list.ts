import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What waits for a person. */
export const execApprovalList = defineMethod<"exec.approval.list">({
  name: "exec.approval.list",
  scope: "operator.approvals",
  params: () => z.looseObject({}),
  handle: (_params, { approvals }) => approvals.pending(),
});
