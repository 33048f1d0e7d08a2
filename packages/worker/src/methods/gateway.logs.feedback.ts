import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { feedbackShape } from "../rpc/gateway-schema.ts";
import { defineMethod } from "../rpc/method.ts";

/** What a person or a program thinks of an answer; null takes it back. */
export const gatewayLogsFeedback = defineMethod<"gateway.logs.feedback">({
  name: "gateway.logs.feedback",
  scope: "operator.admin",
  params: () => z.strictObject({ id: z.string().min(1).max(100), ...feedbackShape }),
  handle({ id, feedback, score }, { governor }) {
    governor.flush();
    const change = { ...(feedback === undefined ? {} : { feedback }), ...(score === undefined ? {} : { score }) };
    if (!governor.log.setFeedback(id, change)) throw new MoltError("NOT_FOUND", { message: "there is no such call in the log" });
    const row = governor.log.get(id);
    if (!row) throw new MoltError("NOT_FOUND", { message: "there is no such call in the log" });
    return { row };
  },
});
