import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What of a snapshot can be restored alone. */
export const snapshotsContents = defineMethod<"snapshots.contents">({
  name: "snapshots.contents",
  scope: "operator.admin",
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: ({ id }, { snapshots }) => snapshots.contents(id),
});
