import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { LogEntry } from "./log-entry.ts";
import { markChanges, outsideOrigin, seenText } from "./outside-text.ts";
import { defineTool, type Tool } from "./tool.ts";

const tool = (name: string, extra: Partial<Tool> = {}): Tool =>
  defineTool({
    name,
    description: "",
    parameters: z.unknown(),
    effect: () => "read",
    timeoutMs: 1,
    execute: async () => ({ text: "" }),
    ...extra,
  });
const tools = [tool("web_fetch", { contacts: () => "" }), tool("bash"), tool("read")];

const said = (text: string): LogEntry => ({ role: "user", content: [{ type: "text", text }] });
const result = (toolName: string, text: string, untrustedFrom?: string): LogEntry => ({
  role: "toolResult",
  toolCallId: "c",
  toolName,
  content: [{ type: "text", text }],
  isError: false,
  ...(untrustedFrom ? { untrustedFrom } : {}),
});

describe("outsideOrigin", () => {
  it("names the last host whose text is there, folded away or not", () => {
    expect(outsideOrigin([said("hi"), result("bash", "x")])).toBeUndefined();
    expect(outsideOrigin([result("web_fetch", "x", "a.example"), result("read", "y", "b.example"), said("ok")])).toBe(
      "b.example",
    );
    expect(outsideOrigin([{ role: "compaction", content: [], untrustedFrom: "a.example" }, said("ok")])).toBe("a.example");
  });
});

describe("seenText", () => {
  it("holds the owner's words and what came from an address, and nothing the model could have written", () => {
    const assistant: LogEntry = {
      role: "assistant",
      content: [{ type: "text", text: "MODEL" }],
      provider: "p",
      model: "m",
      stopReason: "stop",
    };
    const entries = [
      said("OWNER"),
      assistant,
      result("bash", "PRINTED"),
      result("bash", "PRINTED-MARKED", "a.example"),
      result("read", "OWN-FILE", "a.example"),
      result("web_fetch", "REFUSED"),
      result("web_fetch", "PAGE", "a.example"),
    ];
    expect(seenText(entries, tools)).toBe("OWNER\nPAGE");
  });
});

describe("markChanges", () => {
  const content = new Uint8Array();

  it("marks what is written while outside text is there, and keeps the marks that tools set", () => {
    const changes = [
      { path: "a.md", content },
      { path: "b.md", content, outsideFrom: "old.example" },
    ];
    expect(markChanges(changes, "new.example").map((change) => change.outsideFrom)).toEqual(["new.example", "new.example"]);
    expect(markChanges(changes, undefined).map((change) => change.outsideFrom)).toEqual([undefined, "old.example"]);
  });

  it("leaves the files of the prompt clean, which the owner was shown", () => {
    const changes = ["USER.md", "./memory.md"].map((path) => ({ path, content, outsideFrom: "old.example" }));
    expect(markChanges(changes, "new.example").map((change) => change.outsideFrom)).toEqual([undefined, undefined]);
  });
});
