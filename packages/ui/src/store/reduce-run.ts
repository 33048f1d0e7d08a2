/**
 * The life of a run in one thread: deltas, tools, and exactly one end. Safe against events that come twice or late:
 * each run remembers the last sequence number of both kinds of event, and an ended run stays ended.
 */

import type { AgentEvent, ChatEvent } from "@moltworker/protocol/events";
import type { LivePart, LiveRun, Thread, ToolActivity } from "./state.ts";
import { withMessage } from "./thread-messages.ts";

const rememberedRuns = 50;

export function reduceChat(thread: Thread, event: ChatEvent, now: number): Thread {
  if (thread.endedRuns.includes(event.runId)) return thread;
  if (thread.run?.runId === event.runId && event.seq <= thread.run.chatSeq) return thread;
  switch (event.state) {
    case "status":
      return reduceStatus(thread, event, now);
    case "delta": {
      const run = runOf(thread, event.runId, now);
      const text = event.message.content[0].text;
      const parts = event.replace ? replaceText(run.parts, text) : withText(run.parts, text);
      return { ...thread, failure: null, run: { ...run, parts, phase: "answering", chatSeq: event.seq } };
    }
    case "final": {
      const withAnswer = event.message ? withMessage(thread, event.message) : thread;
      return endRun(withAnswer, event.runId);
    }
    case "aborted":
      return endRun(event.message ? withMessage(thread, event.message) : keepPartial(thread, event.runId, now), event.runId);
    case "error": {
      const failure = { runId: event.runId, message: event.errorMessage, detail: event.errorDetail };
      return { ...endRun(thread, event.runId), failure };
    }
    default:
      return unreachable(event, thread);
  }
}

export function reduceAgent(thread: Thread, event: AgentEvent, now: number): Thread {
  if (thread.endedRuns.includes(event.runId)) return thread;
  if (thread.run?.runId === event.runId && event.seq <= thread.run.agentSeq) return thread;
  switch (event.stream) {
    case "lifecycle":
      return reduceLifecycle(thread, event, now);
    case "run_status":
      return touch(thread, event, now, (run) => ({
        ...run,
        phase: event.data.phase,
        ...(event.data.note ? { note: event.data.note } : {}),
      }));
    case "thinking":
      return touch(thread, event, now, (run) => ({
        ...run,
        phase: "thinking",
        parts: withThinking(run.parts, event.data.delta, event.ts),
      }));
    case "tool":
      return reduceTool(thread, event, now);
    case "usage":
      return touch(thread, event, now, (run) => ({ ...run, usage: event.data.usage }));
    case "assistant":
      return thread;
    default:
      return unreachable(event, thread);
  }
}

function reduceStatus(thread: Thread, event: Extract<ChatEvent, { state: "status" }>, now: number): Thread {
  // A queued run announces itself while another is still going; that one keeps the stage.
  if (thread.run && thread.run.runId !== event.runId) return thread;
  const run = runOf(thread, event.runId, now);
  const next: LiveRun = { ...run, phase: event.phase, chatSeq: event.seq };
  if (event.note === undefined) delete next.note;
  else next.note = event.note;
  return { ...thread, run: next };
}

function reduceLifecycle(thread: Thread, event: Extract<AgentEvent, { stream: "lifecycle" }>, now: number): Thread {
  const { phase, model } = event.data;
  if (phase === "end" || phase === "error") return thread;
  return touch(thread, event, now, (run) => {
    const next: LiveRun = { ...run, parts: phase === "model" ? closeParts(run.parts, event.ts) : run.parts };
    if (event.data.startedAt !== undefined) next.startedAt = event.data.startedAt;
    if (model !== undefined) next.model = model;
    return next;
  });
}

function reduceTool(thread: Thread, event: Extract<AgentEvent, { stream: "tool" }>, now: number): Thread {
  const { data } = event;
  const known = thread.tools[data.toolCallId];
  if (known?.done && data.phase !== "result") return thread;
  const tool: ToolActivity = known ?? {
    toolCallId: data.toolCallId,
    name: data.name,
    args: {},
    startedAt: event.ts,
    done: false,
  };
  const next: ToolActivity = { ...tool, ...(data.args ? { args: data.args } : {}), ...(data.meta ? { meta: data.meta } : {}) };
  const text = data.result?.content.map((part) => part.text).join("\n");
  if (data.phase === "update" && (text ?? data.meta)) next.progress = text ?? data.meta;
  if (data.phase === "result") {
    next.done = true;
    next.isError = data.isError === true;
    next.durationMs = data.durationMs ?? Math.max(0, event.ts - tool.startedAt);
    if (text !== undefined) next.resultText = text;
  }
  const withTool = { ...thread, tools: { ...thread.tools, [data.toolCallId]: next } };
  return touch(withTool, event, now, (run) => ({
    ...run,
    phase: "running_tools",
    parts: hasCall(withTool, run, data.toolCallId)
      ? run.parts
      : [...closeParts(run.parts, event.ts), { kind: "tool", toolCallId: data.toolCallId }],
  }));
}

/** True when the call is drawn already: in a committed row or in the live parts. */
function hasCall(thread: Thread, run: LiveRun, toolCallId: string): boolean {
  if (run.parts.some((part) => part.kind === "tool" && part.toolCallId === toolCallId)) return true;
  return thread.messages
    .slice(-40)
    .some((row) => row.role === "assistant" && row.content.some((part) => part.type === "toolCall" && part.id === toolCallId));
}

function touch(thread: Thread, event: AgentEvent, now: number, change: (run: LiveRun) => LiveRun): Thread {
  const run = runOf(thread, event.runId, now);
  return { ...thread, run: { ...change(run), agentSeq: event.seq } };
}

function runOf(thread: Thread, runId: string, now: number): LiveRun {
  if (thread.run?.runId === runId) return thread.run;
  return { runId, startedAt: now, phase: "preparing_context", parts: [], chatSeq: -1, agentSeq: -1 };
}

function endRun(thread: Thread, runId: string): Thread {
  const endedRuns = [...thread.endedRuns, runId].slice(-rememberedRuns);
  if (thread.run?.runId === runId) return { ...thread, endedRuns, run: null };
  // The end of an input that was merged into the running turn: it waits until the model takes it in.
  const outgoing = thread.outgoing.map((own) =>
    own.runId === runId ? { ...own, state: "accepted" as const, queued: true } : own,
  );
  return { ...thread, endedRuns, outgoing };
}

/** Stopped before anything was committed: what was shown stays on the page, marked as stopped. */
function keepPartial(thread: Thread, runId: string, now: number): Thread {
  const run = thread.run;
  if (!run || run.runId !== runId) return thread;
  const text = run.parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
  if (text === "") return thread;
  const seq = (thread.messages.at(-1)?.__openclaw.seq ?? 0) + 0.5;
  return withMessage(thread, {
    role: "assistant",
    content: [{ type: "text", text }],
    provider: "",
    model: run.model ?? "",
    stopReason: "aborted",
    timestamp: now,
    __openclaw: { id: `partial-${runId}`, seq, runId },
  });
}

function withText(parts: LivePart[], text: string): LivePart[] {
  const last = parts.at(-1);
  if (last?.kind === "text" && last.open) return [...parts.slice(0, -1), { ...last, text }];
  return [...closeParts(parts), { kind: "text", text, open: true }];
}

/** The step is made again: its text, and the thoughts before it, are void; tools of earlier steps and fresh thoughts are not. */
function replaceText(parts: LivePart[], text: string): LivePart[] {
  const lastTool = parts.findLastIndex((part) => part.kind === "tool");
  const lastText = parts.findLastIndex((part) => part.kind === "text");
  const fresh = lastText > lastTool ? parts.slice(lastText + 1) : parts.slice(lastTool + 1);
  const kept = closeParts([...parts.slice(0, lastTool + 1), ...fresh]);
  return text === "" ? kept : [...kept, { kind: "text", text, open: true }];
}

function withThinking(parts: LivePart[], delta: string, at: number): LivePart[] {
  const last = parts.at(-1);
  if (last?.kind === "thinking" && last.endedAt === null) return [...parts.slice(0, -1), { ...last, text: last.text + delta }];
  return [...closeParts(parts), { kind: "thinking", text: delta, startedAt: at, endedAt: null }];
}

function closeParts(parts: LivePart[], at = Date.now()): LivePart[] {
  const last = parts.at(-1);
  if (last?.kind === "text" && last.open) return [...parts.slice(0, -1), { ...last, open: false }];
  if (last?.kind === "thinking" && last.endedAt === null) return [...parts.slice(0, -1), { ...last, endedAt: at }];
  return parts;
}

function unreachable(_event: never, thread: Thread): Thread {
  return thread;
}
