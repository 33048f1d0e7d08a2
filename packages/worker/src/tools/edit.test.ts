import { describe, expect, it } from "vitest";
import { commit, createTestWorkspace, createToolContext } from "../../../../tests/support/tool-context.ts";
import { edit } from "./edit.ts";

async function run(file: string | Uint8Array, args: { oldText: string; newText: string; replaceAll?: boolean }) {
  const workspace = createTestWorkspace({ "a.md": file });
  const outcome = commit(workspace, await edit.execute({ path: "a.md", ...args }, createToolContext(workspace)));
  return { outcome, text: new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(workspace.read("a.md")) };
}

describe("edit", () => {
  it.each([
    ["one two three", { oldText: "two", newText: "2" }, "one 2 three", "Edited a.md (line 1)."],
    ["a\nb\nc\n", { oldText: "b\nc", newText: "" }, "a\n\n", "Edited a.md (line 2)."],
    ["x x x", { oldText: "x", newText: "y", replaceAll: true }, "y y y", "Edited a.md (3 places)."],
    ["cost: 5", { oldText: "5", newText: "$& $1 $$" }, "cost: $& $1 $$", "Edited a.md (line 1)."],
    ["a\r\nb\r\nc", { oldText: "a\nb", newText: "x\ny" }, "x\r\ny\r\nc", "Edited a.md (line 1)."],
    ["a\r\nb\nc", { oldText: "b\nc", newText: "y\nz" }, "a\r\ny\nz", "Edited a.md (line 2)."],
    ["\ufeffa b", { oldText: "a", newText: "z" }, "\ufeffz b", "Edited a.md (line 1)."],
    ["aaa", { oldText: "aa", newText: "b", replaceAll: true }, "ba", "Edited a.md (line 1)."],
  ])("%j %j", async (file, args, text, message) => {
    const result = await run(file, args);
    expect(result).toMatchObject({ text, outcome: { text: message } });
    expect(result.outcome.isError).toBeUndefined();
  });

  it.each([
    ["x\nx", { oldText: "x", newText: "y" }, /is in a\.md 2 times \(lines 1, 2\).*replaceAll/],
    ["abc", { oldText: "", newText: "y" }, /oldText is empty/],
    ["abc", { oldText: "b", newText: "b" }, /are the same/],
    ["abc", { oldText: "zzz", newText: "y" }, /is not in a\.md\. Read the file/],
    [
      "if x:\n\treturn  1\n",
      { oldText: "if x:\n  return 1", newText: "" },
      /not in a\.md exactly as given\. Close to it, from line 1:\nif x:\n\treturn {2}1$/,
    ],
    [Uint8Array.from([0, 1]), { oldText: "a", newText: "b" }, /not a text file/],
  ])("%j %j is an error with a cure, and nothing changes", async (file, args, message) => {
    const { outcome, text } = await run(file, args);
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toMatch(message);
    expect(text).toBe(typeof file === "string" ? file : "\0\u0001");
  });

  it("does not overwrite what changed meanwhile", async () => {
    const workspace = createTestWorkspace({ "a.md": "one" });
    const outcome = await edit.execute({ path: "a.md", oldText: "one", newText: "two" }, createToolContext(workspace));
    workspace.apply([{ path: "a.md", content: new TextEncoder().encode("one and more") }]);
    expect(() => commit(workspace, outcome)).toThrow(/changed since/);
  });

  it("says that a missing file is missing", async () => {
    const outcome = await edit.execute({ path: "b.md", oldText: "a", newText: "b" }, createToolContext(createTestWorkspace()));
    expect(outcome).toMatchObject({ isError: true, text: "There is no file b.md. Create it with `write`." });
  });
});
