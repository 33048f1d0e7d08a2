import { describe, expect, it } from "vitest";
import { createTestWorkspace, createToolContext } from "../../../../tests/support/tool-context.ts";
import type { ToolContext } from "../agent/tool.ts";
import { search } from "./search.ts";

const workspace = createTestWorkspace({
  "a.md": "Tea is good\ncoffee too\n",
  "b/c.md": "more tea\r\n(tea|x)\n",
  "cat.png": Uint8Array.from([0, 116, 101, 97]),
  "long.txt": `${"x".repeat(10_000)}needle${"y".repeat(10_000)}`,
});
const call = (args: Record<string, unknown>, files = workspace, overrides: Partial<ToolContext> = {}) =>
  search.execute(args, createToolContext(files, overrides));

describe("search", () => {
  it.each([
    [{ query: "tea" }, "b/c.md:1: more tea\nb/c.md:2: (tea|x)", "2 matches"],
    [{ query: "TEA", ignoreCase: true }, "a.md:1: Tea is good\nb/c.md:1: more tea\nb/c.md:2: (tea|x)", "3 matches"],
    [{ query: "(tea|x)" }, "b/c.md:2: (tea|x)", "1 match"],
    [{ query: "^(tea|coffee) ", regex: true, ignoreCase: true }, "a.md:1: Tea is good\na.md:2: coffee too", "2 matches"],
    [{ query: "tea", path: "a.md", ignoreCase: true }, "a.md:1: Tea is good", "1 match"],
    [{ query: "tea", path: "/workspace/b" }, "b/c.md:1: more tea\nb/c.md:2: (tea|x)", "2 matches"],
    [{ query: "nothing" }, "No matches.", "0 matches"],
    [{ query: "needle" }, `long.txt:1: ${"x".repeat(300)} …`, "1 match"],
    [{ query: "y+$", regex: true, path: "long.txt" }, `long.txt:1: ${"x".repeat(300)} …`, "1 match"],
  ])("%j", async (args, text, meta) => expect(await call(args)).toEqual({ text, meta }));

  it.each([
    [{ query: "(", regex: true }, /The pattern is not valid/],
    [{ query: "(?=x)", regex: true }, /Look-around/],
    [{ query: "(a)\\1", regex: true }, /not valid/],
    [{ query: "x{1,5000}", regex: true }, /not valid/],
    [{ query: "x", path: "nowhere" }, /no file or folder/],
    [{ query: "x", path: "../.." }, /could leave/],
  ])("%j is an error", async (args, text) => {
    const outcome = await call(args);
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toMatch(text);
  });

  it("bounds the number of matches", async () => {
    const many = createTestWorkspace({ "a.txt": "x\n".repeat(1_000) });
    const outcome = await call({ query: "x" }, many);
    expect(outcome.text.split("\n")).toHaveLength(201);
    expect(outcome).toMatchObject({ text: expect.stringContaining("more than 200 matches"), meta: "200+ matches" });
  });

  it.each(["(x+x+)+y", "(x*)*y", "(x|x)*y", "(.*)*y", "(x?){50}x{50}y", ".*.*.*.*=", "(x{0,30}){0,30}y"])(
    "cannot be hung by %s",
    async (query) => {
      const hostile = createTestWorkspace({ "a.txt": "x".repeat(20_000) });
      // A clock that stands still: what bounds the work here is the engine, not the tool's own time limit.
      const still = { now: () => 0, sleep: async () => {} };
      expect((await call({ query, regex: true }, hostile, { clock: still })).text).toBe("No matches.");
    },
    60_000,
  );

  it("gives the event loop turns, stops at its time limit and when told to", async () => {
    const large = createTestWorkspace({ "a.txt": "a line of text\n".repeat(200_000) });
    let nowMs = 0;
    const slow = { now: () => nowMs, sleep: async () => void (nowMs += 3_000) };
    expect(await call({ query: "z" }, large, { clock: slow })).toMatchObject({
      text: expect.stringContaining("stopped after 8 s"),
    });
    const stop = new AbortController();
    const waiting = call({ query: "z" }, large, { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
  });
});
