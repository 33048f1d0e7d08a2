/** What a tool is. The agent owns this contract; each tool is one file in `tools/` and one line in `catalog/tools.ts`. */

import type { z } from "zod";
import type { Sandbox } from "../containers/sandbox/sandbox.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { FileChange, Workspace } from "../storage/workspace.ts";

/**
 * read: looks only; may be repeated freely.
 * idempotent: changes the assistant's own files; the change commits with the ledger row, so it happens exactly once.
 * external: reaches the outside world; asks first, and is never repeated blindly when its outcome is unknown.
 */
export type ToolEffect = "read" | "idempotent" | "external";

export interface ToolContext {
  workspace: Workspace;
  egress: Egress;
  sandbox: Sandbox;
  clock: Clock;
  sessionKey: string;
  runId: string;
  toolCallId: string;
  /** Aborts on stop, STOP and the tool's own deadline. */
  signal: AbortSignal;
  /** Progress text for people; never required. */
  onUpdate(text: string): void;
}

export interface ToolOutcome {
  /** What the model reads. Capped at entry by the caller. */
  text: string;
  isError?: boolean;
  /** Where untrusted text came from (a host name); marks the conversation as holding outside text. */
  untrustedFrom?: string;
  /** File changes to commit together with the ledger row. Tools never write files themselves. */
  changes?: FileChange[];
  /** One short line for the card: `exit 0`, `12 matches`. */
  meta?: string;
}

export interface Tool<Args = unknown> {
  name: string;
  description: string;
  parameters: z.ZodType<Args>;
  effect(args: Args): ToolEffect;
  /** Files that the call will change, when its arguments alone say so; lets the gate judge before the tool runs. */
  changedPaths?(args: Args): string[];
  /** Address that the call will contact; lets the gate judge where data may go. */
  contacts?(args: Args): string;
  /** People who are not the owner may have it used for them: it reaches nothing of the owner's. Default: not. */
  forGuests?: boolean;
  /** Milliseconds after which the call is cut and the model told so. */
  timeoutMs: number;
  /** The same for one call, where it depends on its arguments. */
  timeoutFor?(args: Args): number;
  /** Why the call cannot be made at present, told to the model before a person is asked; undefined when it can. */
  refusal?(args: Args, context: Pick<ToolContext, "sandbox">): Promise<string | undefined>;
  /** Must not throw for what the model or the world did wrong: return `isError` instead. Throws only for faults of ours. */
  execute(args: Args, context: ToolContext): Promise<ToolOutcome>;
}

/** Keeps parameter types while the catalog holds tools of all kinds. */
export function defineTool<Args>(tool: Tool<Args>): Tool {
  return tool as unknown as Tool;
}

/** Reads may run side by side; calls that may change something run one after the other, in the model's order. */
export function mayRunInParallel(tool: Tool, args: unknown): boolean {
  return tool.effect(args) === "read";
}
