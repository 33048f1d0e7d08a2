import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Everything about snapshots: what exists, what is going on, what waits for an answer. */
export const snapshotsList = defineMethod<"snapshots.list">({
  name: "snapshots.list",
  scope: "operator.admin",
  params: () => z.strictObject({}),
  handle: (_, { snapshots }) => snapshots.state(),
});
