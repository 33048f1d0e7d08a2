import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { sessionsListParams } from "../rpc/sessions-params.ts";

/** Every reader gets `sessions.changed` here, so that there is nothing to remember. */
export const sessionsSubscribe = defineMethod<"sessions.subscribe">({
  name: "sessions.subscribe",
  scope: "operator.read",
  params: () => z.looseObject(sessionsListParams),
  handle: () => ({ subscribed: true }),
});
