/** Webhooks on the wire: which there are, and what came in through them. */

import type { RunState } from "./rows.ts";

export interface HookRow {
  /** `agent`, `wake`, or the mapping's name. */
  name: string;
  /** Path below the assistant's address. */
  path: string;
  enabled: boolean;
  action: "agent" | "wake";
  verify: "token" | "standard" | "github" | "timestamped";
  /** Whether what it is verified with is set. Without it the path does not exist. */
  hasSecret: boolean;
  lastAt: number | null;
}

export interface HookDeliveryRow {
  id: string;
  hook: string;
  sessionKey: string;
  /** null: put into the conversation without a run. */
  runId: string | null;
  runState: RunState | null;
  /** Where the answer went, or why it did not; null while it is owed or was not asked for. */
  handed: string | null;
  receivedAt: number;
}

export interface HookMethods {
  "hooks.status": { params: Record<string, unknown>; result: { enabled: boolean; hasToken: boolean; hooks: HookRow[] } };
  /** The token is in this answer and nowhere else. */
  "hooks.token.rotate": { params: Record<string, unknown>; result: { token: string } };
  /** Without `secret` one is made, which is in this answer and nowhere else. */
  "hooks.secret.set": { params: { name: string; secret?: string }; result: { ok: true; secret?: string } };
  "hooks.deliveries.list": { params: { limit?: number; before?: string }; result: { deliveries: HookDeliveryRow[] } };
}
