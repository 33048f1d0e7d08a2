import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** What runs and what should: in a sentence, with the cure when they differ. */
export const versionStatus = defineMethod<"version.status">({
  name: "version.status",
  scope: "operator.read",
  params: () => z.strictObject({}),
  handle(_params, { builds, server, runtime }) {
    const { running } = builds;
    const wanted = builds.wanted() ?? null;
    const facts = { running, wanted, bootId: server.bootId, startedAt: server.startedAt, runtime, restart: runtime.restart };
    if (!builds.isBehind() || !wanted) return { ...facts, behind: false, cause: null, cure: null };
    const newer = wanted.version === running.version ? `build ${wanted.id}` : `version ${wanted.version} (build ${wanted.id})`;
    const where = wanted.by === "files" ? "lies on disk" : "was deployed";
    return {
      ...facts,
      behind: true,
      cause: `${newer} ${where}, and build ${running.id} still runs`,
      cure: "Restart the assistant: what it is doing is taken up again, and nothing is lost.",
    };
  },
});
