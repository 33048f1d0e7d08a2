import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What differs between two snapshots, or between one and the present. */
export const snapshotsDiff = defineMethod<"snapshots.diff">({
  name: "snapshots.diff",
  scope: "operator.admin",
  params: () => z.strictObject({ from: z.string().min(1).max(60), to: z.string().min(1).max(60).optional() }),
  handle: ({ from, to }, { snapshots }) => snapshots.diff(from, to),
});
