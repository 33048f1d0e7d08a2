import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Decides one waiting call. There is no "always": what was shown is what runs, once. */
export const execApprovalResolve = defineMethod<"exec.approval.resolve">({
  name: "exec.approval.resolve",
  scope: "operator.approvals",
  audit: ({ id, decision }) => `${decision} ${id}`,
  params: () => z.looseObject({ id: z.string().min(1), decision: z.enum(["allow-once", "allow-always", "deny"]) }),
  handle({ id, decision }, { approvals, runner }, { principal }) {
    if (decision === "allow-always") {
      throw new MoltError("INVALID_REQUEST", { message: "a call is approved once, never always", hint: "Use allow-once." });
    }
    approvals.resolve(id, decision === "allow-once", principal.id);
    runner.kick();
    return { ok: true };
  },
});
