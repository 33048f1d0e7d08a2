import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { readSessionsPage } from "../rpc/sessions-page.ts";
import { sessionsListParams } from "../rpc/sessions-params.ts";

/** Sessions, pinned first, then newest. */
export const sessionsList = defineMethod<"sessions.list">({
  name: "sessions.list",
  scope: "operator.read",
  params: () => z.looseObject(sessionsListParams),
  handle: (params, context) => readSessionsPage(context, params),
});
