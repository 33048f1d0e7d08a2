/** Folds older messages of a session into a summary; a model writes it, and when it cannot, a deterministic one stands in. */

import { compactionEntry, compactionPlan, fallbackSummary, summaryRequest } from "../agent/compaction.ts";
import type { ModelRequest } from "../agent/model.ts";
import { announceMessage } from "./announce-message.ts";
import type { RunDependencies } from "./run-context.ts";

export interface Folding {
  sessionKey: string;
  ref: string;
  runId: string;
  signal: AbortSignal;
  /** False when the provider has just said that the context is too large: no call of its own then. */
  askModel: boolean;
}

type FoldingDependencies = Pick<RunDependencies, "models" | "transcript" | "sink" | "log">;

/** False when there was nothing to fold, or the log grew meanwhile. Throws only what the signal throws. */
export async function foldLog(deps: FoldingDependencies, folding: Folding): Promise<boolean> {
  const { models, transcript, sink } = deps;
  const { sessionKey, ref, runId, signal } = folding;
  const before = transcript.context(sessionKey);
  const model = models.describe(ref);
  const plan = compactionPlan(
    before.map((stored) => stored.entry),
    model,
  );
  if (!plan) return false;
  const request = folding.askModel ? summaryRequest(plan, model) : undefined;
  const summary = request ? await askForSummary(deps, folding, request) : fallbackSummary(plan);
  signal.throwIfAborted();
  // The plan counts from the end of the log: whatever came in meanwhile makes it void.
  if (transcript.context(sessionKey).at(-1)?.seq !== before.at(-1)?.seq) return false;
  const stored = transcript.append(sessionKey, compactionEntry(plan, summary), { runId });
  announceMessage(sink, sessionKey, stored);
  return true;
}

/** Empty when the model failed: the entry then holds the deterministic summary. */
async function askForSummary({ models, log }: FoldingDependencies, folding: Folding, request: ModelRequest): Promise<string> {
  const { ref, sessionKey, runId, signal } = folding;
  try {
    for await (const event of models.stream({ ref, request, sessionKey, runId, step: -1, signal })) {
      if (event.type === "finish") return event.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    }
  } catch (error) {
    signal.throwIfAborted();
    log.warn("compaction.fallback", { runId, sessionKey, error });
  }
  return "";
}
