import type { AgentEvent, ChatEvent, EventMap, EventName } from "@moltworker/protocol/events";
import type { EventFrame } from "@moltworker/protocol/frames";
import type { AssistantMessage, ChatMessage, ToolResultMessage, UserMessage } from "@moltworker/protocol/messages";
import { describe, expect, it } from "vitest";
import { reduce } from "./reduce.ts";
import { type AppState, emptyThread, initialState, type Outgoing, type Thread } from "./state.ts";

const key = "agent:main:main";
const base = { sessionKey: key, agentId: "main" };

function frame<Name extends EventName>(event: Name, payload: EventMap[Name], cursor?: number): EventFrame {
  return { type: "event", event, payload, ...(cursor === undefined ? {} : { cursor }) } as EventFrame;
}

type Part<Event> = Event extends unknown ? Omit<Event, "runId" | "sessionKey" | "agentId" | "seq" | "ts"> : never;

/** Frames of one run, numbered as the server numbers them. */
function runOf(runId: string) {
  let seq = 0;
  return {
    chat: (part: Part<ChatEvent>) => frame("chat", { runId, ...base, seq: ++seq, ...part } as ChatEvent),
    agent: (part: Part<AgentEvent>) => frame("agent", { runId, ...base, seq: ++seq, ts: 1_000 + seq, ...part } as AgentEvent),
    delta: (text: string, replace?: true) =>
      frame("chat", {
        runId,
        ...base,
        seq: ++seq,
        state: "delta",
        deltaText: text,
        message: { role: "assistant", content: [{ type: "text", text }], timestamp: 1 },
        ...(replace ? { replace } : {}),
      }),
  };
}

const user = (seq: number, text: string, idempotencyKey: string): UserMessage => ({
  role: "user",
  content: [{ type: "text", text }],
  idempotencyKey,
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq, runId: idempotencyKey },
});
const answer = (
  seq: number,
  runId: string,
  content: AssistantMessage["content"],
  stopReason: AssistantMessage["stopReason"] = "stop",
): AssistantMessage => ({
  role: "assistant",
  content,
  provider: "p",
  model: "m",
  stopReason,
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq, runId },
});
const result = (seq: number, toolCallId: string, text: string): ToolResultMessage => ({
  role: "toolResult",
  toolCallId,
  toolName: "bash",
  content: [{ type: "text", text }],
  isError: false,
  durationMs: 12,
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq },
});
const row = (message: ChatMessage) =>
  frame("session.message", { sessionKey: key, message, messageId: message.__openclaw.id, messageSeq: message.__openclaw.seq });
const own = (runId: string, text: string, queued = false): Outgoing => ({
  runId,
  text,
  files: [],
  createdAt: 1,
  state: "accepted",
  queued,
});

function start(thread: Partial<Thread> = {}): AppState {
  return { ...initialState(), threads: { [key]: { ...emptyThread(key), load: "loaded", ...thread } } };
}

function play(state: AppState, ...frames: EventFrame[]): AppState {
  return frames.reduce((now, next) => reduce(now, next, 5_000), state);
}

const threadIn = (state: AppState): Thread => state.threads[key] as Thread;
const liveText = (state: AppState) =>
  threadIn(state)
    .run?.parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))
    .join("|");

describe("a streamed answer", () => {
  it("grows with each delta and becomes one row", () => {
    const run = runOf("r1");
    let state = play(
      start({ outgoing: [own("r1", "hi")] }),
      row(user(1, "hi", "r1")),
      run.chat({ state: "status", phase: "starting_model" }),
      run.delta("Hel"),
      run.delta("Hello"),
    );
    expect(threadIn(state).outgoing).toEqual([]);
    expect(liveText(state)).toBe("Hello");
    const done = answer(2, "r1", [{ type: "text", text: "Hello" }]);
    state = play(state, row(done), run.chat({ state: "final", message: done }));
    expect(threadIn(state).run).toBeNull();
    expect(threadIn(state).messages.map((message) => message.__openclaw.id)).toEqual(["m1", "m2"]);
  });

  it("is replaced when the step is made again", () => {
    const run = runOf("r1");
    const state = play(start(), run.delta("half an ans"), run.delta("The whole", true));
    expect(liveText(state)).toBe("The whole");
  });

  it("made again takes the void thoughts away and keeps the fresh ones", () => {
    const run = runOf("r1");
    const think = (delta: string) => run.agent({ stream: "thinking", data: { delta, itemId: "1" } });
    const state = play(start(), think("void"), run.delta("half"), think("fresh"), run.delta("whole", true));
    expect(threadIn(state).run?.parts).toMatchObject([
      { kind: "thinking", text: "fresh" },
      { kind: "text", text: "whole" },
    ]);
  });

  it("keeps tools of earlier steps when a later step is made again", () => {
    const run = runOf("r1");
    const state = play(
      start(),
      run.delta("Looking."),
      run.agent({ stream: "tool", data: { phase: "start", name: "bash", toolCallId: "c1", args: { command: "ls" } } }),
      run.delta("half"),
      run.delta("again", true),
    );
    expect(threadIn(state).run?.parts.map((part) => part.kind)).toEqual(["text", "tool", "text"]);
    expect(liveText(state)).toBe("Looking.|again");
  });

  it("ignores events that come twice or late", () => {
    const run = runOf("r1");
    const first = run.delta("Hello");
    const second = run.delta("Hello you");
    let state = play(start(), first, second, first);
    expect(liveText(state)).toBe("Hello you");
    const final = run.chat({ state: "final", message: answer(2, "r1", [{ type: "text", text: "Hello you" }]) });
    state = play(state, final, final, second, first);
    expect(threadIn(state).run).toBeNull();
    expect(threadIn(state).messages).toHaveLength(1);
  });

  it("skips what its history page already holds", () => {
    const state = play(
      start({ historyCursor: 50 }),
      { ...row(user(1, "old", "r0")), cursor: 50 } as EventFrame,
      { ...row(user(2, "new", "r1")), cursor: 51 } as EventFrame,
    );
    expect(threadIn(state).messages.map((message) => message.__openclaw.id)).toEqual(["m2"]);
  });

  it("puts rows that come out of order in their place", () => {
    const state = play(start(), row(user(3, "c", "r3")), row(user(1, "a", "r1")), row(user(2, "b", "r2")));
    expect(threadIn(state).messages.map((message) => message.__openclaw.seq)).toEqual([1, 2, 3]);
  });
});

describe("reasoning", () => {
  it("is one part until words follow", () => {
    const run = runOf("r1");
    const state = play(
      start(),
      run.agent({ stream: "thinking", data: { delta: "Let me ", itemId: "1" } }),
      run.agent({ stream: "thinking", data: { delta: "see.", itemId: "1" } }),
      run.delta("So:"),
    );
    const [thinking, text] = threadIn(state).run?.parts ?? [];
    expect(thinking).toMatchObject({ kind: "thinking", text: "Let me see." });
    expect(thinking?.kind === "thinking" && thinking.endedAt).not.toBeNull();
    expect(text).toMatchObject({ kind: "text", text: "So:" });
  });
});

describe("tools", () => {
  it("run, report and are settled, in a committed row", () => {
    const run = runOf("r1");
    const call = answer(2, "r1", [{ type: "toolCall", id: "c1", name: "bash", arguments: { command: "ls" } }], "toolUse");
    let state = play(
      start(),
      run.delta("Looking."),
      row(call),
      run.agent({ stream: "tool", data: { phase: "start", name: "bash", toolCallId: "c1", args: { command: "ls" } } }),
    );
    expect(threadIn(state).run?.parts).toEqual([]);
    expect(threadIn(state).tools.c1).toMatchObject({ name: "bash", done: false, args: { command: "ls" } });
    state = play(
      state,
      run.agent({ stream: "tool", data: { phase: "update", name: "bash", toolCallId: "c1", meta: "half way" } }),
    );
    expect(threadIn(state).tools.c1).toMatchObject({ progress: "half way", done: false });
    state = play(
      state,
      run.agent({
        stream: "tool",
        data: {
          phase: "result",
          name: "bash",
          toolCallId: "c1",
          result: { content: [{ type: "text", text: "a.txt" }] },
          durationMs: 12,
        },
      }),
      row(result(3, "c1", "a.txt")),
    );
    expect(threadIn(state).tools.c1).toMatchObject({ done: true, isError: false, durationMs: 12, resultText: "a.txt" });
  });

  it("do not run again when a late event says so", () => {
    const run = runOf("r1");
    const begin = run.agent({ stream: "tool", data: { phase: "start", name: "bash", toolCallId: "c1", args: {} } });
    const end = run.agent({
      stream: "tool",
      data: { phase: "result", name: "bash", toolCallId: "c1", isError: true, durationMs: 1 },
    });
    const again = run.agent({ stream: "tool", data: { phase: "start", name: "bash", toolCallId: "c1", args: {} } });
    const state = play(start(), begin, end, again);
    expect(threadIn(state).tools.c1).toMatchObject({ done: true, isError: true });
  });
});

describe("ends", () => {
  it("an error stands in the thread with its cure, until the next answer begins", () => {
    const run = runOf("r1");
    const detail = {
      code: "UNAVAILABLE",
      message: "no",
      details: { code: "PROVIDER_KEY_REJECTED" as const, hint: "Type a valid key." },
      retryable: false,
    };
    let state = play(
      start(),
      run.delta("half"),
      run.chat({ state: "error", errorMessage: "no", errorKind: "auth", errorDetail: detail }),
    );
    expect(threadIn(state)).toMatchObject({ run: null, failure: { runId: "r1", message: "no" } });
    state = play(state, runOf("r2").delta("Yes"));
    expect(threadIn(state).failure).toBeNull();
  });

  it("a stop keeps what was shown, also when nothing was stored", () => {
    const run = runOf("r1");
    const state = play(
      start({ messages: [user(1, "hi", "r1")] }),
      run.delta("half an answer"),
      run.chat({ state: "aborted", stopReason: "rpc" }),
    );
    expect(threadIn(state).run).toBeNull();
    expect(threadIn(state).messages.at(-1)).toMatchObject({
      role: "assistant",
      stopReason: "aborted",
      content: [{ type: "text", text: "half an answer" }],
    });
  });

  it("the empty end of a merged input leaves the running turn alone; the input waits until it is taken", () => {
    const run = runOf("r1");
    let state = play(start({ outgoing: [own("r2", "and this", true)] }), run.delta("Work"), runOf("r2").chat({ state: "final" }));
    expect(threadIn(state).run?.runId).toBe("r1");
    expect(threadIn(state).outgoing).toMatchObject([{ runId: "r2", queued: true }]);
    state = play(state, row({ ...user(5, "and this", "r2"), __openclaw: { id: "m5", seq: 5, runId: "r1" } }));
    expect(threadIn(state).outgoing).toEqual([]);
    expect(threadIn(state).run?.runId).toBe("r1");
  });

  it("a queued run's status does not take the stage from the one that runs", () => {
    const state = play(start(), runOf("r1").delta("Work"), runOf("r2").chat({ state: "status", phase: "preparing_context" }));
    expect(threadIn(state).run).toMatchObject({ runId: "r1", phase: "answering" });
  });
});

describe("around the conversation", () => {
  const approval: EventMap["exec.approval.requested"] = {
    approvalKind: "tool",
    id: "a1",
    request: {
      tool: "bash",
      arguments: { command: "curl x" },
      hash: "h",
      reason: "r",
      sessionKey: key,
      runId: "r1",
      toolCallId: "c1",
      command: "bash",
    },
    createdAtMs: 1,
    expiresAtMs: 2,
  };

  it("approvals come once and go when decided", () => {
    let state = play(start(), frame("exec.approval.requested", approval), frame("exec.approval.requested", approval));
    expect(state.approvals).toHaveLength(1);
    state = play(
      state,
      frame("exec.approval.resolved", { id: "a1", decision: "deny", resolvedBy: "owner", ts: 1, request: approval.request }),
    );
    expect(state.approvals).toEqual([]);
  });

  it("STOP is seen at once and its end too", () => {
    let state = play(start(), frame("gateway.suspension", { suspended: true, ts: 1 }));
    expect(state.suspended).toBe(true);
    state = play(state, frame("gateway.suspension", { suspended: false, ts: 2 }));
    expect(state.suspended).toBe(false);
  });

  it("a deleted session leaves the list, its thread and its approvals", () => {
    const state = play(
      { ...start({ messages: [user(1, "x", "r")] }), approvals: [approval] },
      frame("sessions.changed", { sessionKey: key, reason: "deleted", session: null }),
    );
    expect(state.sessions[key]).toBeUndefined();
    expect(state.approvals).toEqual([]);
    expect(threadIn(state).messages).toEqual([]);
  });

  it("events of a thread that is not open change nothing", () => {
    const before = initialState();
    expect(play(before, row(user(1, "x", "r")), runOf("r").delta("y"))).toBe(before);
  });
});
