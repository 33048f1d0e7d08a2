import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** No heartbeat runs yet, which stock clients read as null. */
export const lastHeartbeat = defineMethod<"last-heartbeat">({
  name: "last-heartbeat",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle: () => null,
});
