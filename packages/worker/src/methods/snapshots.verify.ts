import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Proves a snapshot again: restored into a scratch object, every checksum compared. */
export const snapshotsVerify = defineMethod<"snapshots.verify">({
  name: "snapshots.verify",
  scope: "operator.admin",
  audit: ({ id }) => id,
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: ({ id }, { snapshots }) => ({ jobId: snapshots.verify(id) }),
});
