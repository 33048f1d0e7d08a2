import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Takes the last restore back. */
export const snapshotsUndo = defineMethod<"snapshots.undo">({
  name: "snapshots.undo",
  scope: "operator.admin",
  audit: () => "",
  params: () => z.strictObject({}),
  handle: (_, { snapshots }) => ({ jobId: snapshots.undo() }),
});
