import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { sha256Hex } from "../platform/sha256.ts";
import { defineMethod } from "../rpc/method.ts";

/** Saves one text file. With `expectedHash` a file that changed meanwhile is not overwritten. */
export const agentsFilesSet = defineMethod<"agents.files.set">({
  name: "agents.files.set",
  scope: "operator.admin",
  params: () =>
    z.looseObject({
      agentId: z.string().optional(),
      name: z.string().min(1).max(600),
      content: z.string(),
      expectedHash: z.string().optional(),
    }),
  async handle({ name, content, expectedHash }, { workspace }) {
    const bytes = new TextEncoder().encode(content);
    const before = workspace.read(name);
    const baseRevision = workspace.stat(name)?.revision ?? 0;
    const [hash, present] = await Promise.all([sha256Hex(bytes), sha256Hex(before ?? new Uint8Array())]);
    if (expectedHash !== undefined && expectedHash !== present) {
      throw new MoltError("CONFLICT", {
        message: `"${name}" changed since it was opened`,
        hint: "Open it again, then repeat the edit.",
      });
    }
    workspace.apply([{ path: name, content: bytes, baseRevision }]);
    return { ok: true, hash };
  },
});
