import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What differs between two versions of a section, in effective values. */
export const configDiff = defineMethod<"config.diff">({
  name: "config.diff",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      section: z.string().min(1).max(60),
      from: z.int().min(0),
      to: z.int().min(0).optional(),
    }),
  handle: ({ section, from, to }, { configHistory }) => ({ changes: configHistory.diff(section, from, to) }),
});
