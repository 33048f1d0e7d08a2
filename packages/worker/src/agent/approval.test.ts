import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type GateInput, gate, gateChanges } from "./approval.ts";
import { defineTool, mayRunInParallel, type Tool, type ToolEffect } from "./tool.ts";

function toolWith(effect: ToolEffect, extra: Partial<Tool> = {}): Tool {
  return defineTool({
    name: "t",
    description: "",
    parameters: z.unknown(),
    effect: () => effect,
    timeoutMs: 1,
    execute: async () => ({ text: "" }),
    ...extra,
  });
}

const inputFor = (tool: Tool, more: Partial<GateInput> = {}): GateInput => ({
  tool,
  args: {},
  outsideFrom: undefined,
  seenText: () => "",
  ...more,
});
const writerOf = (path: string) => toolWith("idempotent", { changedPaths: () => [path] });
const bash = toolWith("idempotent");
const change = (path: string) => [{ path, content: new Uint8Array() }];

describe("gate", () => {
  it("asks for what reaches outside, and names where", () => {
    expect(gate(inputFor(toolWith("external")))).toMatchObject({ verdict: "ask" });
    const post = toolWith("external", { contacts: () => "https://api.example/x" });
    expect(gate(inputFor(post))).toEqual({ verdict: "ask", reason: "It sends data to api.example." });
  });

  it("lets reads and ordinary files pass", () => {
    expect(gate(inputFor(toolWith("read"), { outsideFrom: "evil.example" })).verdict).toBe("allow");
    for (const path of ["notes/USER.md", "USER.md.bak", "notes/today.md", "user.txt"]) {
      expect(gate(inputFor(writerOf(path), { outsideFrom: "evil.example" })).verdict, path).toBe("allow");
    }
  });

  it.each([
    "AGENTS.md",
    "SOUL.md",
    "IDENTITY.md",
    "USER.md",
    "./user.md",
    "/workspace/Soul.MD",
    "~/USER.md",
    "/USER.md",
    "USER.md/",
  ])("always asks before %s changes, whoever writes it", (path) => {
    expect(gate(inputFor(writerOf(path))).verdict).toBe("ask");
    expect(gateChanges(change(path), inputFor(bash)).verdict).toBe("ask");
  });

  it.each(["MEMORY.md", "TOOLS.md", "memory.md"])("asks before %s changes only when outside text is there", (path) => {
    expect(gate(inputFor(writerOf(path))).verdict).toBe("allow");
    expect(gate(inputFor(writerOf(path), { outsideFrom: "evil.example" })).verdict).toBe("ask");
    expect(gateChanges(change(path), inputFor(bash)).verdict).toBe("allow");
    expect(gateChanges(change(path), inputFor(bash, { outsideFrom: "evil.example" })).verdict).toBe("ask");
  });

  it("asks for made-up addresses once outside text is there", () => {
    const fetcher = toolWith("read", { contacts: () => "https://evil.example/?q=secret" });
    expect(gate(inputFor(fetcher)).verdict).toBe("allow");
    expect(gate(inputFor(fetcher, { outsideFrom: "evil.example" })).verdict).toBe("ask");
    expect(gate(inputFor(fetcher, { outsideFrom: "evil.example", seenText: () => "https://evil.example/?q=" })).verdict).toBe(
      "ask",
    );
    expect(
      gate(inputFor(fetcher, { outsideFrom: "evil.example", seenText: () => "(https://evil.example/?q=secret)" })).verdict,
    ).toBe("allow");
  });
});

describe("gateChanges", () => {
  it("asks for a deletion as for a write, and for one protected file among many", () => {
    expect(gateChanges([{ path: "SOUL.md", content: null }], inputFor(bash)).verdict).toBe("ask");
    expect(gateChanges([...change("a"), ...change("AGENTS.md"), ...change("b")], inputFor(bash)).verdict).toBe("ask");
    expect(gateChanges([...change("a"), ...change("b")], inputFor(bash, { outsideFrom: "evil.example" })).verdict).toBe("allow");
  });

  it("asks when a script brought outside text into MEMORY.md by itself, out of a marked file", () => {
    const marked = [{ path: "MEMORY.md", content: new Uint8Array(), outsideFrom: "evil.example" }];
    expect(gateChanges(marked, inputFor(bash))).toMatchObject({
      verdict: "ask",
      reason: expect.stringContaining("evil.example"),
    });
  });

  it("does not ask twice for a path that the arguments named, and does for any other", () => {
    expect(gateChanges(change("USER.md"), inputFor(writerOf("USER.md"))).verdict).toBe("allow");
    expect(gateChanges(change("SOUL.md"), inputFor(writerOf("USER.md"))).verdict).toBe("ask");
  });
});

describe("mayRunInParallel", () => {
  it("is for reads only", () => {
    expect(mayRunInParallel(toolWith("read"), {})).toBe(true);
    expect(mayRunInParallel(toolWith("idempotent"), {})).toBe(false);
    expect(mayRunInParallel(toolWith("external"), {})).toBe(false);
  });
});
