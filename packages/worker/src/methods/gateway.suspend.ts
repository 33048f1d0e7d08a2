import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** STOP and its end. Outside the model: nothing a model writes can reach it. */
export const gatewaySuspend = defineMethod<"gateway.suspend">({
  name: "gateway.suspend",
  scope: "operator.write",
  audit: ({ suspended }) => (suspended ? "STOP" : "resume"),
  params: () => z.strictObject({ suspended: z.boolean() }),
  handle: ({ suspended }, { runner }) => ({ abortedRunIds: runner.suspend(suspended), suspended }),
});
