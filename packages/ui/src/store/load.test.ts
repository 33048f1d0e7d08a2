import type { UserMessage } from "@moltworker/protocol/messages";
import type { ChatHistory } from "@moltworker/protocol/methods";
import { describe, expect, it } from "vitest";
import { loadedThread } from "./load.ts";
import { emptyThread } from "./state.ts";
import { mergeMessages, messagesBefore } from "./thread-messages.ts";

const user = (seq: number, idempotencyKey = `k${seq}`): UserMessage => ({
  role: "user",
  content: [{ type: "text", text: `t${seq}` }],
  idempotencyKey,
  timestamp: seq,
  __openclaw: { id: `m${seq}`, seq },
});

function history(change: Partial<ChatHistory> = {}): ChatHistory {
  return {
    sessionKey: "s",
    sessionId: "s",
    messages: [user(1)],
    pendingInputs: { items: [], total: 0 },
    deltaCursor: 7,
    hasMore: false,
    totalMessages: 1,
    defaults: { modelProvider: "p", model: "m", contextTokens: 1 },
    sessionInfo: null,
    ...change,
  };
}

describe("a thread read from the server", () => {
  it("shows what streams at this moment", () => {
    const thread = loadedThread(history({ inFlightRun: { runId: "r", text: "so far", startedAt: 5, events: [] } }), undefined);
    expect(thread.run).toMatchObject({ runId: "r", startedAt: 5, parts: [{ kind: "text", text: "so far" }] });
    expect(thread.historyCursor).toBe(7);
  });

  it("replays the events of the step, once", () => {
    const delta = {
      runId: "r",
      sessionKey: "s",
      agentId: "main",
      seq: 4,
      state: "delta" as const,
      deltaText: "so far",
      message: {
        role: "assistant" as const,
        content: [{ type: "text" as const, text: "so far" }] as [{ type: "text"; text: string }],
        timestamp: 1,
      },
    };
    const thread = loadedThread(
      history({ inFlightRun: { runId: "r", text: "so far", startedAt: 5, events: [delta, delta] } }),
      undefined,
    );
    expect(thread.run?.parts).toEqual([{ kind: "text", text: "so far", open: true }]);
    expect(thread.run?.chatSeq).toBe(4);
  });

  it("keeps this tab's messages that the server does not have, and drops those it has", () => {
    const outgoing = (runId: string) => ({ runId, text: "x", files: [], createdAt: 1, state: "sending" as const, queued: false });
    const known = { ...emptyThread("s"), outgoing: [outgoing("k1"), outgoing("waits"), outgoing("unsent")] };
    const pending = { id: "i", runId: "waits", text: "x", receivedAt: 1, queueMode: "steer" as const };
    const thread = loadedThread(history({ pendingInputs: { items: [pending], total: 1 } }), known);
    expect(thread.outgoing.map((own) => own.runId)).toEqual(["unsent"]);
  });
});

describe("pages of history", () => {
  it("are joined without doubles, in order", () => {
    const joined = mergeMessages([user(3), user(4)], [user(1), user(2), user(3)]);
    expect(joined.map((message) => message.__openclaw.seq)).toEqual([1, 2, 3, 4]);
  });

  it("are cut before a message that is sent anew", () => {
    expect(messagesBefore([user(1), user(2), user(3)], "m2")).toHaveLength(1);
    expect(messagesBefore([user(1)], "unknown")).toHaveLength(1);
  });
});
