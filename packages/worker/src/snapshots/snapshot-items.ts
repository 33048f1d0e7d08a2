/** What can be restored alone, as it comes over the wire. */

import * as z from "zod";

export const snapshotItems = z
  .array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("session"), name: z.string().min(1).max(500) }),
      z.strictObject({ kind: z.literal("file"), name: z.string().min(1).max(1_000) }),
      z.strictObject({ kind: z.literal("config") }),
    ]),
  )
  .min(1)
  .max(100);
