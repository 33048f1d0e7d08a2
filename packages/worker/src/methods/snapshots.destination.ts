import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Another bucket for snapshots, tried before it is kept. */
export const snapshotsDestination = defineMethod<"snapshots.destination">({
  name: "snapshots.destination",
  scope: "operator.admin",
  audit: ({ s3 }) => s3?.bucket ?? "the assistant's own",
  params: () =>
    z.strictObject({
      s3: z
        .strictObject({
          endpoint: z.string().max(300),
          bucket: z.string().max(100),
          region: z.string().max(60).optional(),
          prefix: z.string().max(200).optional(),
          accessKeyId: z.string().max(500).optional(),
          secretAccessKey: z.string().max(500).optional(),
        })
        .nullable(),
    }),
  async handle({ s3 }, { snapshots }, { principal }) {
    return { ok: true, place: await snapshots.setDestination(s3, principal.id) };
  },
});
