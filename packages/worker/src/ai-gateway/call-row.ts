/** The record of one try at a model call: what the usage log stores and later budgets count. */

import type { ErrorCode } from "@moltworker/protocol/errors";
import type { Usage } from "@moltworker/protocol/messages";

export interface CallRow {
  /** Epoch milliseconds at which the try began. */
  at: number;
  durationMs: number;
  /** Milliseconds until the first body byte; null when none came. */
  firstByteMs: number | null;
  provider: string;
  model: string;
  sessionKey: string;
  runId: string;
  step: number;
  /** 1 for the first try. */
  attempt: number;
  outcome: "ok" | ErrorCode;
  /** null when the provider refused before it began to generate; an estimate for an answer that was cut or stopped. */
  usage: Usage | null;
}
