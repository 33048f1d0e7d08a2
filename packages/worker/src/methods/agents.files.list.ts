import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** The assistant's files. */
export const agentsFilesList = defineMethod<"agents.files.list">({
  name: "agents.files.list",
  scope: "operator.read",
  params: () => z.looseObject({ agentId: z.string().optional() }),
  handle: (_params, { workspace }) => ({
    files: workspace.list().map(({ path, sizeBytes, updatedAt }) => ({ path, sizeBytes, updatedAt })),
  }),
});
