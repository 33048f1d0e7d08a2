import * as z from "zod";
import { logFilterShape } from "../rpc/gateway-schema.ts";
import { defineMethod } from "../rpc/method.ts";

/** Calls through the AI gateway, newest first. */
export const gatewayLogsList = defineMethod<"gateway.logs.list">({
  name: "gateway.logs.list",
  scope: "operator.admin",
  params: () =>
    z.strictObject({
      limit: z.int().min(1).max(200).optional(),
      before: z.string().min(1).max(100).optional(),
      ...logFilterShape,
    }),
  handle({ limit = 50, before, ...filter }, { governor }) {
    governor.flush();
    return governor.log.list(filter, { limit, before });
  },
});
