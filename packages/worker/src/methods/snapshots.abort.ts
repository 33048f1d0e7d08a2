import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Stops the piece of work that is going on. */
export const snapshotsAbort = defineMethod<"snapshots.abort">({
  name: "snapshots.abort",
  scope: "operator.admin",
  audit: () => "",
  params: () => z.strictObject({}),
  handle: (_, { snapshots }) => ({ aborted: snapshots.abort() }),
});
