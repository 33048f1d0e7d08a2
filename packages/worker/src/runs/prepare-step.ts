/** Builds the request of the next model step from the log: blobs loaded, older messages folded when the context fills up. */

import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import * as z from "zod";
import { compile } from "../agent/compile.ts";
import { compactionPlan, fallbackSummary, needsCompaction, summaryRequest } from "../agent/compaction.ts";
import type { LogEntry } from "../agent/log-entry.ts";
import type { ModelRequest } from "../agent/model.ts";
import { systemPrompt } from "../agent/prompt.ts";
import type { RunContext } from "./run-context.ts";

export async function prepareStep(context: RunContext, ref: string): Promise<ModelRequest> {
  throw new Error("pending");
}
