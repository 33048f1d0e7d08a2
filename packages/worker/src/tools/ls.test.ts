import { describe, expect, it } from "vitest";
import { createTestWorkspace, createToolContext } from "../../../../tests/support/tool-context.ts";
import { ls } from "./ls.ts";

const workspace = createTestWorkspace({
  "USER.md": "me",
  "notes/a.md": "x".repeat(1_500),
  "notes/deep/b.md": "",
  "notes/deep/c.md": "",
});
const call = async (args: Record<string, unknown>, files = workspace) => {
  const outcome = await ls.execute(args, createToolContext(files));
  return { ...outcome, text: outcome.text.replace(/ {2}\d{4}-\d\d-\d\d \d\d:\d\d/g, "  DATE") };
};

describe("ls", () => {
  it.each([
    [{}, "notes/  3 files\nUSER.md  2 bytes  DATE", "4 files"],
    [{ path: "/workspace/notes/" }, "deep/  2 files\na.md  1.5 KB  DATE", "3 files"],
    [{ path: "notes", recursive: true }, "a.md  1.5 KB  DATE\ndeep/b.md  0 bytes  DATE\ndeep/c.md  0 bytes  DATE", "3 files"],
    [{ path: "USER.md" }, "USER.md  2 bytes  DATE", "1 file"],
  ])("%j", async (args, text, meta) => expect(await call(args)).toEqual({ text, meta }));

  it("says what is empty and what is missing", async () => {
    expect(await call({}, createTestWorkspace())).toEqual({ text: "The workspace is empty.", meta: "empty" });
    expect(await call({ path: "nowhere" })).toMatchObject({ isError: true, text: "There is no file or folder nowhere." });
  });

  it("bounds its rows", async () => {
    const many = createTestWorkspace(Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`f${index}`, ""])));
    const { text } = await call({}, many);
    expect(text.split("\n")).toHaveLength(501);
    expect(text).toContain("[200 more; list a folder inside]");
  });
});
