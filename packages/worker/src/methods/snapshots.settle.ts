import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The answer to a snapshot that is much smaller than the one before. */
export const snapshotsSettle = defineMethod<"snapshots.settle">({
  name: "snapshots.settle",
  scope: "operator.admin",
  audit: ({ id, accept }) => `${id} ${accept ? "kept" : "dropped"}`,
  params: () => z.strictObject({ id: z.string().min(1).max(60), accept: z.boolean() }),
  async handle({ id, accept }, { snapshots }) {
    await snapshots.settle(id, accept);
    return { ok: true };
  },
});
