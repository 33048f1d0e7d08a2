/** Contract of the approval gate (pure). The implementation follows in this file. */

import type { Tool } from "./tool.ts";

export interface GateInput {
  tool: Tool;
  /** Parsed arguments. */
  args: unknown;
  /** Outside text is in this conversation. */
  untrusted: boolean;
  /** Everything the owner typed and every tool result so far, for "was this address seen" rules. */
  seenText: () => string;
}

export type GateVerdict = { verdict: "allow" } | { verdict: "ask"; reason: string } | { verdict: "deny"; reason: string };
