/** The demo model: says that it is a script, shows what it promises, and never loops. */

import type { LanguageModelV4Prompt } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import { callFor, collect, createHarness } from "../../../../tests/fakes/gateway-harness.ts";
import { compile } from "../agent/compile.ts";
import type { LogEntry } from "../agent/log-entry.ts";
import type { Clock } from "../platform/clock.ts";
import { nextDemoStep } from "./demo-script.ts";

const tools = ["ls", "read", "write", "edit", "bash"];
const instant: Clock = { now: () => 0, sleep: async () => {} };

/** Plays a whole turn: calls are answered by `answer` until the demo only talks. */
async function play(
  text: string,
  answer: (name: string) => string,
  isError = false,
): Promise<{ said: string; calls: { name: string; arguments: Record<string, unknown> }[] }> {
  const { gateway } = createHarness({ clock: instant });
  const entries: LogEntry[] = [{ role: "user", content: [{ type: "text", text }] }];
  const calls: { name: string; arguments: Record<string, unknown> }[] = [];
  let said = "";
  for (let step = 0; step < 5; step += 1) {
    const call = callFor("demo/scripted", "", { tools });
    call.request.prompt = compile({
      entries,
      system: "s",
      model: { provider: "demo", id: "scripted", input: ["text"] },
      blobs: new Map(),
    });
    const { events, error } = await collect(gateway.stream(call));
    expect(error).toBeUndefined();
    const finish = events.at(-1);
    if (finish?.type !== "finish") throw new Error("no finish");
    said += events.flatMap((event) => (event.type === "text" ? [event.delta] : [])).join("");
    entries.push({
      role: "assistant",
      content: finish.content,
      provider: "demo",
      model: "scripted",
      stopReason: finish.stopReason,
    });
    const made = finish.content.flatMap((part) => (part.type === "toolCall" ? [part] : []));
    if (made.length === 0) return { said, calls };
    for (const one of made) {
      calls.push({ name: one.name, arguments: one.arguments });
      entries.push({
        role: "toolResult",
        toolCallId: one.id,
        toolName: one.name,
        content: [{ type: "text", text: answer(one.name) }],
        isError,
      });
    }
  }
  throw new Error("the demo loops");
}

describe("a turn", () => {
  test("hello: streams words, says that it is a script", async () => {
    const { said, calls } = await play("Hello there", () => "");
    expect(said).toMatch(/script, not an AI/);
    expect(calls).toEqual([]);
  });
  test("a tool: looks at the files and quotes what it saw", async () => {
    const { said, calls } = await play("show me a tool", () => "USER.md 60 bytes");
    expect(calls.map((call) => call.name)).toEqual(["ls"]);
    expect(said).toContain("USER.md 60 bytes");
  });
  test("a note: writes notes/welcome.md", async () => {
    const { calls } = await play("write a note, please", () => "Wrote notes/welcome.md");
    expect(calls).toMatchObject([{ name: "write", arguments: { path: "notes/welcome.md" } }]);
  });
  test("an approval: changes a protected file, and takes no for an answer", async () => {
    const { said, calls } = await play("ask for approval", () => "The owner said no to this call.", true);
    expect(calls).toMatchObject([{ name: "write", arguments: { path: "USER.md" } }]);
    expect(said).toMatch(/You said no/);
    expect(said).not.toMatch(/Done\./);
  });
  test("an approval that was given is reported as done", async () => {
    expect((await play("ask for approval", () => "Wrote USER.md, 60 bytes.")).said).toMatch(/Done\./);
  });
  test("a tool that failed is quoted", async () => {
    expect((await play("show me a tool", () => "No such folder.", true)).said).toContain("No such folder.");
  });
  test.each([
    "how do I add a real key?",
    "what is the weather",
    "",
    "demo tour",
    "Fortell meg en lang historie",
    "x".repeat(5_000),
  ])("ends and stays a script: %s", async (text) => {
    const { said, calls } = await play(text === "" ? "(nothing)" : text, () => "done");
    expect(calls.length).toBeLessThanOrEqual(2);
    expect(said).toMatch(/script|Settings/);
  });
});

test("abort stops it between two words", async () => {
  const { gateway } = createHarness();
  const controller = new AbortController();
  const { error } = await collect(
    gateway.stream(callFor("demo/scripted", "stream something long", { signal: controller.signal })),
    () => controller.abort(new Error("stop")),
  );
  expect(error).toMatchObject({ code: "ABORTED" });
});

test("without tools it only talks", () => {
  const prompt: LanguageModelV4Prompt = [{ role: "user", content: [{ type: "text", text: "show me a tool" }] }];
  expect(nextDemoStep(prompt, []).call).toBeUndefined();
});
