/** A budget whose step is "ask": a person's word is asked for as for a tool call, once a run and budget, and outlives a restart. */

import { isMoltError, type MoltError } from "@moltworker/protocol/errors";
import { callHash } from "../agent/call-text.ts";
import type { RunContext } from "./run-context.ts";

/** Calls `work` with the budgets that were allowed so far; asks and calls it again while a budget wants to be asked. */
export async function withBudgetApproval<Value>(
  context: RunContext,
  work: (approvedBudgets: readonly string[]) => Promise<Value>,
): Promise<Value> {
  const approved: string[] = [];
  for (;;) {
    try {
      return await work(approved);
    } catch (error) {
      const budget = askedBudget(error);
      if (budget === undefined || approved.includes(budget) || !(await isAllowed(context, budget, error as MoltError)))
        throw error;
      approved.push(budget);
    }
  }
}

function askedBudget(error: unknown): string | undefined {
  if (!isMoltError(error) || error.code !== "BUDGET_EXCEEDED" || error.details.step !== "ask") return undefined;
  return typeof error.details.budget === "string" ? error.details.budget : undefined;
}

async function isAllowed(context: RunContext, budget: string, error: MoltError): Promise<boolean> {
  const { run, approvals, store, settings, signal, events } = context;
  const tool = "spend";
  const args = { budget, limitUsd: error.details.limitUsd };
  const request = {
    tool,
    arguments: args,
    hash: await callHash(tool, args),
    reason: error.message,
    sessionKey: run.session_key,
    runId: run.id,
    toolCallId: `budget:${run.id}:${budget}`,
    command: `go on spending from the budget "${budget}" in this answer`,
  };
  const waiting = approvals.decide(request.toolCallId, request, settings().approvalMinutes * 60_000, signal);
  if (approvals.hasPending(run.id)) {
    store.setState(run.id, "waiting");
    events.chat({ state: "status", phase: "waiting_approval", note: error.message });
  }
  const decision = await waiting;
  if (!approvals.hasPending(run.id)) store.setState(run.id, "running");
  return decision === "approved";
}
