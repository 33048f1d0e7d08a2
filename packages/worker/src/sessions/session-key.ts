/** Session keys, OpenClaw's form: `agent:<id>:<rest>`. A short key belongs to the default agent. */

import { MoltError } from "@moltworker/protocol/errors";

export const defaultAgentId = "main";
export const mainSessionKey = `agent:${defaultAgentId}:main`;

/** Full key of what a client wrote. Throws INVALID_REQUEST for control characters, blanks or more than 300 characters. */
export function resolveSessionKey(key: string): string {
  const trimmed = key.trim();
  if (trimmed === "" || trimmed.length > 300 || /[\s\p{Cc}]/u.test(trimmed)) {
    throw new MoltError("INVALID_REQUEST", {
      message: "the session key is empty, too long or has blanks in it",
      hint: "Use a key like `agent:main:main`.",
    });
  }
  if (trimmed === "global" || trimmed === "main") return mainSessionKey;
  return trimmed.startsWith("agent:") ? trimmed : `agent:${defaultAgentId}:${trimmed}`;
}
