/** Runs the calls of a step through gate, approval, ledger and commit. Derived from ledger rows alone, so a restart continues here. */

import { isMoltError } from "@moltworker/protocol/errors";
import { type GateInput, gate, gateChanges } from "../agent/approval.ts";
import { callHash, describeCall, describeChanges } from "../agent/call-text.ts";
import { invalidArgumentsMessage, invalidArgumentsOf } from "../agent/invalid-arguments.ts";
import type { LogEntry } from "../agent/log-entry.ts";
import { markChanges, outsideOrigin, seenText } from "../agent/outside-text.ts";
import { mayRunInParallel, type Tool, type ToolOutcome } from "../agent/tool.ts";
import { capToolText } from "../agent/tool-text.ts";
import { chatMessageFrom } from "../sessions/transcript.ts";
import { announceMessage } from "./announce-message.ts";
import { executeCall } from "./execute-call.ts";
import type { RunAction, RunContext } from "./run-context.ts";
import type { LedgerCall } from "./tool-ledger.ts";

interface Verdict {
  outcome: ToolOutcome;
  state: "done" | "unknown" | "cancelled";
}

const refused = (text: string): Verdict => ({ outcome: { text, isError: true }, state: "done" });

/** Settles every unfinished call. Reads run side by side; calls that may change something run one after the other, in order. */
export async function runToolStep(context: RunContext, calls: LedgerCall[]): Promise<void> {
  context.events.chat({ state: "status", phase: "running_tools" });
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const turn = queue.then(work, work);
    queue = turn.catch(() => {});
    return turn;
  };
  const settled = await Promise.allSettled(calls.map((call) => settleCall(context, call, inTurn)));
  const broken = settled.find((result) => result.status === "rejected");
  if (broken) throw broken.reason;
}

async function settleCall(
  context: RunContext,
  call: LedgerCall,
  inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>,
): Promise<void> {
  const args = JSON.parse(call.args) as Record<string, unknown>;
  context.events.agent({ stream: "tool", data: { phase: "start", name: call.name, toolCallId: call.call_id, args } });
  const startedAt = context.clock.now();
  const invalid = invalidCall(context, call);
  if (invalid !== undefined) return finish(context, call, refused(invalidArgumentsMessage(invalid)), startedAt);
  const tool = context.tools.find((candidate) => candidate.name === call.name);
  if (!tool) return finish(context, call, refused(`There is no tool named "${call.name}".`), startedAt);
  const parsed = tool.parameters.safeParse(args);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "arguments"}: ${issue.message}`).join("; ");
    return finish(context, call, refused(`The arguments are not valid: ${problems}`), startedAt);
  }
  if (call.state === "started" && tool.effect(parsed.data) === "external") {
    const text = "The assistant was restarted while this call was running. Its outcome is unknown, so it was not repeated.";
    return finish(context, call, { outcome: { text, isError: true }, state: "unknown" }, startedAt);
  }
  const barred = whyBarred(context, tool.effect(parsed.data) === "read" ? "run.tool.read" : "run.tool.effect");
  if (barred !== undefined) return finish(context, call, refused(`Not allowed: ${barred}`), startedAt);
  const input = gateInput(context, tool, parsed.data);
  const verdict = gate(input);
  if (verdict.verdict === "deny") return finish(context, call, refused(`Not allowed: ${verdict.reason}`), startedAt);
  // What cannot be done need not be asked for.
  const refusal = await tool.refusal?.(parsed.data, context);
  if (refusal !== undefined) return finish(context, call, refused(refusal), startedAt);
  if (verdict.verdict === "ask") {
    const answer = await ask(context, call, args, verdict.reason);
    if (answer) return finish(context, call, answer, startedAt);
  }
  // The commit belongs to the turn: the next call must find what this one changed.
  const work = async () => finish(context, call, await perform(context, call, tool, input), startedAt);
  await (mayRunInParallel(tool, parsed.data) ? work() : inTurn(work));
}

/** Why whoever the run acts for may not do this; asked before a person is. */
function whyBarred({ authorize, run }: RunContext, action: RunAction): string | undefined {
  try {
    authorize(run, action);
    return undefined;
  } catch (thrown) {
    if (isMoltError(thrown) && thrown.code === "FORBIDDEN") return thrown.message;
    throw thrown;
  }
}

/** What the model wrote as arguments when that was not JSON. */
function invalidCall(context: RunContext, call: LedgerCall): string | undefined {
  const entry = context.transcript.ofRun(context.run.id).findLast((stored) => stored.entry.role === "assistant")?.entry;
  const part = entry?.content.find((candidate) => candidate.type === "toolCall" && candidate.id === call.call_id);
  return part?.type === "toolCall" ? invalidArgumentsOf(part) : undefined;
}

/** Runs the call; when its changes touch what is protected, those changes are shown and asked for before they are kept. */
async function perform(context: RunContext, call: LedgerCall, tool: Tool, input: GateInput): Promise<Verdict> {
  const verdict = await executeCall(context, call, tool, input.args);
  const { changes } = verdict.outcome;
  if (!changes || changes.length === 0 || verdict.outcome.isError || verdict.state !== "done") return verdict;
  const onChanges = gateChanges(changes, input);
  verdict.outcome.changes = markChanges(changes, input.outsideFrom);
  if (onChanges.verdict === "allow") return verdict;
  if (onChanges.verdict === "deny") return refused(`Not allowed: ${onChanges.reason}`);
  const whole = { ...(JSON.parse(call.args) as Record<string, unknown>), changes: describeChanges(changes) };
  const answer = await ask(context, call, whole, onChanges.reason);
  return answer ?? verdict;
}

/** undefined when approved; otherwise the verdict that ends the call. */
async function ask(
  context: RunContext,
  call: LedgerCall,
  args: Record<string, unknown>,
  reason: string,
): Promise<Verdict | undefined> {
  const { run, approvals, store, events, settings, signal } = context;
  const request = {
    tool: call.name,
    arguments: args,
    hash: await callHash(call.name, args),
    reason,
    sessionKey: run.session_key,
    runId: run.id,
    toolCallId: call.call_id,
    command: describeCall(call.name, args),
  };
  const waiting = approvals.decide(call.id, request, settings().approvalMinutes * 60_000, signal);
  if (approvals.hasPending(run.id)) {
    store.setState(run.id, "waiting");
    events.chat({ state: "status", phase: "waiting_approval", note: reason });
  }
  const decision = await waiting;
  if (!approvals.hasPending(run.id)) store.setState(run.id, "running");
  if (decision === "approved") return undefined;
  return refused(decision === "denied" ? "The owner said no to this call." : "Nobody answered the request for approval in time.");
}

function gateInput(context: RunContext, tool: Tool, args: unknown): GateInput {
  const entries: LogEntry[] = context.transcript.context(context.run.session_key).map((stored) => stored.entry);
  return {
    tool,
    args,
    outsideFrom: outsideOrigin(entries),
    seenText: () => seenText(entries, context.tools),
  };
}

/** One commit: the files changed, the ledger's verdict, the result in the log. */
function finish(context: RunContext, call: LedgerCall, verdict: Verdict, startedAt: number): void {
  context.signal.throwIfAborted();
  const { run, db, workspace, ledger, transcript, clock, events, sink } = context;
  let { outcome } = verdict;
  const durationMs = clock.now() - startedAt;
  const stored = db.transaction(() => {
    if (outcome.changes && outcome.changes.length > 0 && !outcome.isError) outcome = applyChanges(workspace, outcome);
    ledger.finish(call.id, {
      state: verdict.state,
      isError: outcome.isError === true,
      ...(outcome.meta ? { meta: outcome.meta } : {}),
    });
    return transcript.append(
      run.session_key,
      {
        role: "toolResult",
        toolCallId: call.call_id,
        toolName: call.name,
        content: [{ type: "text", text: capToolText(outcome.text) }],
        isError: outcome.isError === true,
        durationMs,
        ...(outcome.untrustedFrom ? { untrustedFrom: outcome.untrustedFrom } : {}),
      },
      { runId: run.id },
    );
  });
  const message = chatMessageFrom(stored);
  events.agent({
    stream: "tool",
    data: {
      phase: "result",
      name: call.name,
      toolCallId: call.call_id,
      result: { content: message.role === "toolResult" ? message.content : [] },
      isError: outcome.isError === true,
      durationMs,
      ...(outcome.meta ? { meta: outcome.meta } : {}),
    },
  });
  announceMessage(sink, run.session_key, stored);
}

/** A file limit reached at commit is the model's to hear, not a crash. */
function applyChanges(workspace: RunContext["workspace"], outcome: ToolOutcome): ToolOutcome {
  try {
    workspace.apply(outcome.changes ?? []);
    return outcome;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ...outcome, text: `Nothing was saved: ${text}`, isError: true };
  }
}
