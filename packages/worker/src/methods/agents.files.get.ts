import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { sha256Hex } from "../platform/sha256.ts";
import { defineMethod } from "../rpc/method.ts";

/** One file as text; a missing file is empty and says so. */
export const agentsFilesGet = defineMethod<"agents.files.get">({
  name: "agents.files.get",
  scope: "operator.read",
  params: () => z.looseObject({ agentId: z.string().optional(), name: z.string().min(1).max(600) }),
  async handle({ name }, { workspace }) {
    const bytes = workspace.read(name);
    return {
      file: {
        name,
        content: textFrom(bytes ?? new Uint8Array(), name),
        hash: await sha256Hex(bytes ?? new Uint8Array()),
        missing: bytes === undefined,
      },
    };
  },
});

function textFrom(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new MoltError("INVALID_REQUEST", { message: `"${name}" is not a text file`, hint: "Open a text file.", cause });
  }
}
