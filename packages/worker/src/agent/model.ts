/** What the agent needs of a model. `ai-gateway/` implements it; the agent knows no provider. */

import type { LanguageModelV4FunctionTool, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { MoltError } from "@moltworker/protocol/errors";
import type { StopReason, Usage } from "@moltworker/protocol/messages";
import type { ModelRow, ThinkingLevel } from "@moltworker/protocol/rows";
import type { LogPart } from "./log-entry.ts";

export interface ModelRequest {
  prompt: LanguageModelV4Prompt;
  tools: LanguageModelV4FunctionTool[];
  thinking: ThinkingLevel;
  maxOutputTokens?: number;
}

export interface ModelCall {
  /** `provider/model`. */
  ref: string;
  request: ModelRequest;
  sessionKey: string;
  runId: string;
  /** Step number inside the run, from 0. */
  step: number;
  signal: AbortSignal;
  /** Where the run's message came from, and the schedule that began it: budgets are counted by them. */
  channel?: string;
  schedule?: string;
  /** The API token whose holder began the run: its own limits hold for what it sets off. */
  tokenId?: string;
  /** Budgets, by id, that a person allowed this run to pass after being asked. */
  approvedBudgets?: readonly string[];
  /** Id of the logged call that this one repeats. */
  replayOf?: string;
}

export type ModelEvent =
  | { type: "text"; delta: string }
  | { type: "thinking"; delta: string }
  | { type: "tool-start"; toolCallId: string; name: string }
  /** Nothing was shown yet and the call is made again after `delayMs`. */
  | { type: "retrying"; attempt: number; delayMs: number; error: MoltError }
  /** Always last, exactly once, unless the iteration throws. Content is whole: text, thinking and tool calls in order. */
  | { type: "finish"; content: LogPart[]; usage: Usage; stopReason: StopReason; provider: string; model: string };

export interface ModelPort {
  /**
   * Streams one step. Throws MoltError: PROVIDER_*, MODEL_UNKNOWN, CONTEXT_TOO_LARGE, BUDGET_EXCEEDED, or ABORTED when the
   * signal fired. Retries by itself only while nothing was shown; a cut after that throws PROVIDER_CUT with `retryable`.
   */
  stream(call: ModelCall): AsyncIterable<ModelEvent>;
  /** Resolves when local servers were looked for once: before that, the default model may be a stopgap. */
  settled(): Promise<void>;
  /** Facts of a model; throws MODEL_UNKNOWN. */
  describe(ref: string): ModelRow;
}
