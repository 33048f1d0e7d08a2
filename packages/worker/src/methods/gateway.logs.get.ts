import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** One call with its bodies, where they are kept. */
export const gatewayLogsGet = defineMethod<"gateway.logs.get">({
  name: "gateway.logs.get",
  scope: "operator.admin",
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle({ id }, { governor }) {
    governor.flush();
    const row = governor.log.get(id);
    if (!row) throw new MoltError("NOT_FOUND", { message: "there is no such call in the log" });
    const bodies = governor.log.bodies(id);
    return { row, request: bodies?.request ?? null, response: bodies?.response ?? null };
  },
});
