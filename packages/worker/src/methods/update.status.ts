import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The same in OpenClaw's words, for its clients. */
export const updateStatus = defineMethod<"update.status">({
  name: "update.status",
  scope: "operator.read",
  params: () => z.strictObject({ refreshCheckout: z.boolean().optional() }),
  handle(_params, { builds }) {
    const wanted = builds.isBehind() ? builds.wanted() : undefined;
    if (!wanted) return { sentinel: null, updateAvailable: null };
    const { running } = builds;
    const updateAvailable = {
      currentVersion: running.version,
      latestVersion: wanted.version,
      channel: wanted.by === "files" ? "files" : "deployment",
      currentSha: running.id,
      upstreamSha: wanted.id,
    };
    return { sentinel: null, updateAvailable };
  },
});
