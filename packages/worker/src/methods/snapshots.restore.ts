import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";
import { snapshotItems } from "../snapshots/snapshot-items.ts";

/** Goes back to a snapshot, whole or in part. The way back is made first. */
export const snapshotsRestore = defineMethod<"snapshots.restore">({
  name: "snapshots.restore",
  scope: "operator.admin",
  audit: ({ id, items }) => `${id} ${items ? items.map((item) => ("name" in item ? item.name : item.kind)).join(", ") : "whole"}`,
  params: () => z.strictObject({ id: z.string().min(1).max(60), items: snapshotItems.optional() }),
  handle: ({ id, items }, { snapshots }) => ({ jobId: snapshots.restore(id, items) }),
});
