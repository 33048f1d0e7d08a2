import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Deletes every row of the call log. Sums and budgets stay. */
export const gatewayLogsClear = defineMethod<"gateway.logs.clear">({
  name: "gateway.logs.clear",
  scope: "operator.admin",
  audit: () => "the AI gateway's log",
  params: () => z.strictObject({}),
  handle(_params, { governor }) {
    governor.flush();
    return { deleted: governor.log.clear() };
  },
});
