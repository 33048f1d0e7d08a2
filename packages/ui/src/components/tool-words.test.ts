import { describe, expect, it } from "vitest";
import { toolFields, toolTarget } from "./tool-words.ts";

describe("a call as a person reads it", () => {
  it("shows every argument, in order, the long ones as blocks", () => {
    const fields = toolFields({ path: "a.ts", content: "line 1\nline 2", options: { deep: [1, 2] }, count: 3 });
    expect(fields.map((field) => [field.label, field.block?.language ?? null])).toEqual([
      ["path", null],
      ["content", "ts"],
      ["options", "json"],
      ["count", null],
    ]);
    expect(fields.map((field) => field.text).join(" ")).toContain("line 2");
  });

  it("spells out what hides, turns around or looks like a space", () => {
    const [command] = toolFields({ command: "echo safe\u202e; rm -rf \u200b/\u00a0x\u0007" });
    expect(command?.text).toBe("echo safe\\u{202e}; rm -rf \\u{200b}/\\u{a0}x\\u{7}");
  });

  it("leaves ordinary text of any language alone", () => {
    const text = "printf 'smørbrød 日本 é 👍'\n\tnext";
    expect(toolFields({ command: text })[0]?.text).toBe(text);
  });

  it("shows changes of files as the texts they are", () => {
    const fields = toolFields({ changes: { "USER.md": "# You\nnew", "old.md": null } });
    expect(fields).toEqual([
      { label: "changes: USER.md", text: "# You\nnew", block: { language: "md" } },
      { label: "changes: old.md", text: "(deleted)", block: null },
    ]);
  });

  it("names its target on one line", () => {
    expect(toolTarget("bash", { command: "cat a\ncat b" })).toBe("cat a");
    expect(toolTarget("other", {})).toBe("");
  });
});
