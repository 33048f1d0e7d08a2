import * as z from "zod";
import { replayCall } from "../ai-gateway/governor/replay.ts";
import { defineMethod } from "../rpc/method.ts";

/** Makes the call of a stored row again; it passes every policy and is a row of its own. */
export const gatewayLogsReplay = defineMethod<"gateway.logs.replay">({
  name: "gateway.logs.replay",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(100) }),
  handle: ({ id }, context) => replayCall(context, id),
});
