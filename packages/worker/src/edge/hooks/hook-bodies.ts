/** Bodies of `/hooks/agent` and `/hooks/wake`, in OpenClaw's shapes. */

import { thinkingLevels } from "@moltworker/protocol/rows";
import * as z from "zod";

export const wakeBody = z.looseObject({
  text: z.string().trim().min(1).max(32_000),
  mode: z.enum(["now", "next-heartbeat"]).default("now"),
  sessionKey: z.string().max(300).optional(),
});

export const agentBody = z.looseObject({
  message: z.string().trim().min(1).max(32_000),
  name: z.string().trim().max(80).optional(),
  agentId: z.string().max(80).optional(),
  sessionKey: z.string().max(300).optional(),
  wakeMode: z.enum(["now", "next-heartbeat"]).optional(),
  deliver: z.boolean().optional(),
  channel: z.string().max(40).optional(),
  accountId: z.string().max(40).optional(),
  to: z.string().max(200).optional(),
  model: z.string().max(200).optional(),
  thinking: z.enum(thinkingLevels).optional(),
  timeoutSeconds: z.int().min(1).max(86_400).optional(),
  idempotencyKey: z.string().min(1).max(200).optional(),
});
export type AgentBody = z.infer<typeof agentBody>;
