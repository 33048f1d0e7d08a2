import { describe, expect, test } from "vitest";
import { randomLog } from "../../../../tests/fuzz/random-log.ts";
import {
  type CompactionPlan,
  compactionEntry,
  compactionPlan,
  estimateTokens,
  fallbackSummary,
  needsCompaction,
  summaryRequest,
} from "./compaction.ts";
import { compile } from "./compile.ts";
import type { LogEntry } from "./log-entry.ts";
import { viewOf } from "./log-view.ts";

const user = (text: string): LogEntry => ({ role: "user", content: [{ type: "text", text }] });
const says = (text: string): LogEntry => ({
  role: "assistant",
  content: [{ type: "text", text }],
  provider: "p",
  model: "m",
  stopReason: "stop",
});
const calls = (id: string): LogEntry => ({
  role: "assistant",
  content: [{ type: "toolCall", id, name: "read", arguments: { path: `${id}.md` } }],
  provider: "p",
  model: "m",
  stopReason: "toolUse",
});
const answers = (id: string, text: string, untrustedFrom?: string): LogEntry => ({
  role: "toolResult",
  toolCallId: id,
  toolName: "read",
  content: [{ type: "text", text }],
  isError: false,
  ...(untrustedFrom ? { untrustedFrom } : {}),
});
/** About `tokens` tokens of text. */
const long = (tokens: number) => "word".repeat(tokens);
const model = { contextWindow: 10_000, tags: [] as string[] };
const planOf = (entries: LogEntry[]) => compactionPlan(entries, model) as CompactionPlan;

describe("when", () => {
  test("counts four characters a token, and the fixed part", () => {
    const entries = [user(long(7_000)), says("ok")];
    expect(estimateTokens({ entries, fixedCharacters: 4_000 })).toBeGreaterThan(8_000);
    expect(needsCompaction({ entries, fixedCharacters: 4_000, model }, 0.75)).toBe(true);
    expect(needsCompaction({ entries: [user("hi")], fixedCharacters: 4_000, model }, 0.75)).toBe(false);
  });
  test("trusts the provider's last count, unless a summary came after it", () => {
    const usage = {
      input: 9_000,
      output: 100,
      cacheRead: 0,
      cacheWrite: 0,
      reasoning: 0,
      totalTokens: 9_100,
      cost: null,
      estimated: false,
    };
    const counted: LogEntry = { ...says("ok"), usage } as LogEntry;
    expect(estimateTokens({ entries: [user("hi"), counted, user("more")], fixedCharacters: 0 })).toBe(9_105);
    const folded: LogEntry = { role: "compaction", content: [{ type: "text", text: "S" }], kept: 1 };
    expect(estimateTokens({ entries: [user("hi"), counted, user("more"), folded], fixedCharacters: 0 })).toBeLessThan(100);
    expect(
      estimateTokens({
        entries: [user("hi"), { ...counted, usage: { ...usage, estimated: true } } as LogEntry],
        fixedCharacters: 0,
      }),
    ).toBeLessThan(100);
  });
});

describe("where", () => {
  test("before a turn of the user, keeping what fits into a fifth of the context", () => {
    const entries = [user(long(5_000)), says("1"), user("two"), says(long(900)), user("three"), says(long(900))];
    const plan = planOf(entries);
    expect(plan.kept).toBe(4);
    expect(plan.folded).toEqual(entries.slice(0, 2));
  });
  test("inside the last turn when it alone is too long, never between a call and its result", () => {
    const entries = [
      user("go"),
      calls("a"),
      answers("a", long(4_000)),
      calls("b"),
      answers("b", long(1_500)),
      user("steered"),
      calls("c"),
      answers("c", "C"),
    ];
    const plan = planOf(entries);
    expect(entries[entries.length - plan.kept]).toEqual(user("steered"));
    const single = planOf([user("go"), calls("a"), answers("a", long(4_000)), calls("b"), answers("b", long(1_500))]);
    expect(single.kept).toBe(2);
  });
  test("everything when not even the last step fits", () => {
    expect(planOf([user("go"), calls("a"), answers("a", long(9_000))]).kept).toBe(0);
  });
  test("nothing when there is nothing more to fold", () => {
    expect(compactionPlan([user("hi")], model)).toBeUndefined();
    expect(compactionPlan([], model)).toBeUndefined();
    expect(compactionPlan([{ role: "compaction", content: [{ type: "text", text: "S" }], kept: 0 }], model)).toBeUndefined();
  });
  test("outside text leaves its mark on the summary that replaces it", () => {
    const entries = [
      user("go"),
      calls("a"),
      answers("a", long(3_000), "example.com"),
      says("ok"),
      user("next"),
      says(long(1_000)),
    ];
    const first = compactionEntry(planOf(entries), "S");
    expect(first).toMatchObject({ role: "compaction", untrustedFrom: "example.com", kept: 2 });
    expect(compactionEntry(planOf([...entries, first, user(long(3_000)), says("x"), user("last")]), "S2")).toMatchObject({
      untrustedFrom: "example.com",
    });
  });
});

describe("what", () => {
  const entries = [
    user("Find the invoice of Ola"),
    calls("a"),
    answers("a", "12 kroner"),
    says("It is 12 kroner"),
    user(long(3_000)),
    says("ok"),
    user("now"),
  ];
  test("the model is asked with the conversation as text, tools and thinking off", () => {
    const request = summaryRequest(planOf(entries), model);
    const asked = JSON.stringify(request?.prompt);
    expect(request).toMatchObject({ tools: [], thinking: "off" });
    expect(asked).toContain("User: Find the invoice of Ola");
    expect(asked).toContain("Result of read: 12 kroner");
    expect(asked.length / 4).toBeLessThan(model.contextWindow);
  });
  test("the demo is not asked", () => {
    expect(summaryRequest(planOf(entries), { ...model, tags: ["demo"] })).toBeUndefined();
  });
  test("without a model: the user's own words and what was touched, the same every time", () => {
    const summary = fallbackSummary(planOf(entries));
    expect(summary).toContain("- Find the invoice of Ola");
    expect(summary).toContain('read {"path":"a.md"}');
    expect(fallbackSummary(planOf(entries))).toBe(summary);
  });
  test("an empty summary becomes the fallback, a long one is cut", () => {
    const plan = planOf(entries);
    expect(compactionEntry(plan, " ").content).toEqual([{ type: "text", text: fallbackSummary(plan) }]);
    const cut = compactionEntry(plan, "x".repeat(100_000)).content[0];
    expect(cut?.type === "text" && cut.text.length).toBeLessThanOrEqual(plan.summaryCharacters);
  });
});

test("folding comes to an end on any log, keeps whole what it says it keeps, and leaves a request that can be sent", () => {
  for (let seed = 1; seed <= 3_000; seed += 1) {
    let log = [...randomLog(seed), ...randomLog(seed + 5_000), ...randomLog(seed + 9_000)];
    const window = { contextWindow: 200 + (seed % 7) * 300 };
    for (let round = 0; ; round += 1) {
      const plan = compactionPlan(log, window);
      if (!plan) break;
      const before = viewOf(log).entries;
      log = [...log, compactionEntry(plan, `S${round}`)];
      const after = viewOf(log).entries;
      expect(after.length).toBeLessThan(before.length);
      expect(after).toEqual(before.slice(before.length - after.length));
      expect([...plan.folded, ...after]).toEqual(before);
      const prompt = compile({ entries: log, system: "", model: { provider: "p", id: "m", input: ["text"] }, blobs: new Map() });
      expect(prompt[0]?.role).toBe("user");
    }
  }
});
