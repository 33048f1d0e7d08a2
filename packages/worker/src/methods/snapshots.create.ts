import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Makes a snapshot and proves it. */
export const snapshotsCreate = defineMethod<"snapshots.create">({
  name: "snapshots.create",
  scope: "operator.admin",
  audit: () => "",
  params: () => z.strictObject({}),
  handle: (_, { snapshots }) => ({ jobId: snapshots.create("button") }),
});
