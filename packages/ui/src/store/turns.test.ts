import type { AssistantMessage, ChatMessage, Usage } from "@moltworker/protocol/messages";
import { describe, expect, it } from "vitest";
import { addUsage, partsWithLive, turnsOf } from "./turns.ts";

const usage = (input: number, cost: number | null): Usage => ({
  input,
  output: 1,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  totalTokens: input + 1,
  cost: cost === null ? null : { total: cost },
  estimated: false,
});
const user = (seq: number): ChatMessage => ({
  role: "user",
  content: [{ type: "text", text: `q${seq}` }],
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq },
});
const answer = (seq: number, content: AssistantMessage["content"], cost: number | null = 0.1): ChatMessage => ({
  role: "assistant",
  content,
  provider: "p",
  model: "m",
  stopReason: "stop",
  usage: usage(10, cost),
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq },
});
const call = answer(2, [
  { type: "thinking", thinking: "hm" },
  { type: "text", text: "Look." },
  { type: "toolCall", id: "c1", name: "bash", arguments: { command: "ls" } },
]);
const outcome: ChatMessage = {
  role: "toolResult",
  toolCallId: "c1",
  toolName: "bash",
  content: [{ type: "text", text: "a" }],
  isError: false,
  timestamp: 3,
  __openclaw: { id: "m3", seq: 3 },
};

describe("turns", () => {
  it("hold all steps of an answer, each result at its call, and the sum of the costs", () => {
    const [turn] = turnsOf([user(1), call, outcome, answer(4, [{ type: "text", text: "Done." }])]);
    expect(turn?.parts.map((part) => part.kind)).toEqual(["thinking", "text", "tool", "text"]);
    expect(turn?.parts[2]).toMatchObject({ kind: "tool", result: { toolCallId: "c1" } });
    expect(turn?.usage).toMatchObject({ input: 20, cost: { total: 0.2 } });
  });

  it("know no cost when one step's price is unknown", () => {
    expect(addUsage(usage(1, 0.5), usage(1, null))?.cost).toBeNull();
  });

  it("that did not change stay the same object", () => {
    const rows = [user(1), call, outcome, user(5)];
    const before = turnsOf(rows);
    const after = turnsOf([...rows, answer(6, [{ type: "text", text: "x" }])]);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it("begin at each message of the person, also one sent mid-run", () => {
    expect(turnsOf([user(1), call, user(4), answer(5, [{ type: "text", text: "x" }])]).map((turn) => turn.id)).toEqual([
      "m1",
      "m4",
    ]);
  });
});

describe("what streams", () => {
  it("follows what is committed", () => {
    const parts = partsWithLive(
      [{ kind: "text", text: "a", live: false }],
      [
        { kind: "thinking", text: "t", startedAt: 10, endedAt: 30 },
        { kind: "text", text: "b", open: true },
      ],
      () => null,
    );
    expect(parts).toEqual([
      { kind: "text", text: "a", live: false },
      { kind: "thinking", text: "t", live: false, durationMs: 20 },
      { kind: "text", text: "b", live: true },
    ]);
  });
});
