import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** This socket gets every line as it is written, as `logs.line`, until it says otherwise or closes. */
export const logsSubscribe = defineMethod<"logs.subscribe">({
  name: "logs.subscribe",
  scope: "operator.admin",
  params: () => z.strictObject({ on: z.boolean() }),
  handle({ on }, { hub }, { connId }) {
    hub
      .all()
      .find(({ state }) => state.connId === connId)
      ?.update({ logs: on });
    return { subscribed: on };
  },
});
