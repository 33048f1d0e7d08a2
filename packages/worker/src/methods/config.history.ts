import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Versions of the settings, newest first: who, when, and which settings; never a secret, for none is among them. */
export const configHistory = defineMethod<"config.history">({
  name: "config.history",
  scope: "operator.read",
  params: () =>
    z.strictObject({
      section: z.string().min(1).max(60).optional(),
      limit: z.int().min(1).max(200).optional(),
      before: z.int().min(1).optional(),
    }),
  handle({ section, limit = 50, before }, { configHistory }) {
    const versions = configHistory.list({
      limit,
      ...(section === undefined ? {} : { section }),
      ...(before === undefined ? {} : { before }),
    });
    return { versions, hasMore: versions.length === limit };
  },
});
