import * as z from "zod";
import { defineSection } from "../section.ts";

/** Where snapshots go, how often, and which stay. Keys are secrets and stand elsewhere. */
export const snapshotsSection = defineSection({
  name: "snapshots",
  schema: z
    .strictObject({
      everyHours: z.int().min(0).max(720).describe("Hours from one to the next; 0 makes none by itself."),
      keep: z
        .strictObject({
          hourly: z.int().min(0).max(168).describe("The last one of each of so many hours."),
          daily: z.int().min(0).max(90).describe("The last one of each of so many days."),
          weekly: z.int().min(0).max(260).describe("The last one of each of so many weeks."),
        })
        .describe("Which ones stay. The last good one always does."),
      s3: z
        .strictObject({
          endpoint: z
            .url({ protocol: /^https?$/ })
            .max(300)
            .describe("Address of the store, without the bucket."),
          bucket: z
            .string()
            .regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, "must be a bucket's name: small letters, digits, - and .")
            .describe("Name of the bucket."),
          region: z.string().min(1).max(60).default("auto").describe("`auto` where the store has none."),
          prefix: z
            .string()
            .regex(/^([A-Za-z0-9][A-Za-z0-9._-]*\/)*$/, "must be empty or folders that end with /")
            .max(200)
            .describe("Folder inside the bucket, such as `moltworker-snapshots/`."),
        })
        .nullable()
        .meta({
          title: "Bucket of your own",
          description:
            "Any store that speaks S3. Not set: the assistant's own folder or bucket. Its keys are typed under Snapshots.",
        }),
    })
    .meta({ title: "Snapshots", description: "Where copies of everything go, how often, and which stay." }),
  defaults: { everyHours: 6, keep: { hourly: 24, daily: 7, weekly: 8 }, s3: null as S3 | null },
  seed: (seeds) => {
    const bucket = seeds.BACKUP_BUCKET_NAME ?? seeds.R2_BUCKET_NAME;
    if (!bucket || !seeds.CF_ACCOUNT_ID || !seeds.R2_ACCESS_KEY_ID || !seeds.R2_SECRET_ACCESS_KEY) return {};
    const endpoint = `https://${seeds.CF_ACCOUNT_ID}.r2.cloudflarestorage.com`;
    return { s3: { endpoint, bucket, region: "auto", prefix: "moltworker-snapshots/" } };
  },
});

interface S3 {
  endpoint: string;
  bucket: string;
  region: string;
  prefix: string;
}
