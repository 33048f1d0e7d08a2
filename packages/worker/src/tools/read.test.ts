import { describe, expect, it } from "vitest";
import { createTestWorkspace, createToolContext } from "../../../../tests/support/tool-context.ts";
import { capToolText } from "../agent/tool-text.ts";
import { read } from "./read.ts";

const workspace = createTestWorkspace({
  "notes/a.md": "one\ntwo\nthree\n",
  "empty.md": "",
  "windows.md": "\ufeffa\r\nb\r\n",
  "long.txt": Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}`).join("\n"),
  "wide.json": `["${"x".repeat(100_000)}"]\nsecond`,
  "cat.png": Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]),
  "bad.txt": Uint8Array.from([0x61, 0xff, 0xfe]),
});
const call = (args: Record<string, unknown>) => read.execute(args, createToolContext(workspace));

describe("read", () => {
  it.each([
    [{ path: "notes/a.md" }, "one\ntwo\nthree", "3 lines"],
    [{ path: "/workspace/notes/a.md", offset: 2 }, "two\nthree\n[lines 2-3 of 3]", "lines 2-3 of 3"],
    [{ path: "notes/a.md", offset: 0 }, "one\ntwo\nthree", "3 lines"],
    [{ path: "notes/a.md", offset: 2, limit: 1 }, "two\n[lines 2-2 of 3; go on with offset 3]", "lines 2-2 of 3"],
    [{ path: "empty.md" }, "(empty.md is empty)", "empty"],
    [{ path: "windows.md" }, "a\r\nb\r", "2 lines"],
    [{ path: "cat.png" }, "cat.png is not text: image/png, 10 bytes. Its content is not shown.", "image/png"],
    [
      { path: "bad.txt" },
      "bad.txt is not text: application/octet-stream, 3 bytes. Its content is not shown.",
      "application/octet-stream",
    ],
  ])("%j", async (args, text, meta) => expect(await call(args)).toEqual({ text, meta }));

  it.each([
    [{ path: "notes/b.md" }, "There is no file notes/b.md."],
    [{ path: "A.md" }, "There is no file A.md. Did you mean notes/a.md?"],
    [{ path: "notes" }, "notes is a folder with 1 files; use `ls`."],
    [{ path: "notes/a.md", offset: 9 }, "notes/a.md has 3 lines; line 9 is past its end."],
  ])("%j is an error with a cure", async (args, text) => expect(await call(args)).toMatchObject({ text, isError: true }));

  it("refuses a path outside with an error, not a throw", async () => {
    expect(await call({ path: "../etc/passwd" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("could leave the workspace"),
    });
  });

  it("pages through a long file without losing a line, each page below the cap", async () => {
    const seen: string[] = [];
    for (let offset = 1; offset <= 5_000; ) {
      const { text } = await call({ path: "long.txt", offset });
      expect(capToolText(text)).toBe(text);
      const lines = text.split("\n");
      const note = lines.pop() ?? "";
      seen.push(...lines);
      offset = Number(/offset (\d+)/.exec(note)?.[1] ?? 5_001);
    }
    expect(seen).toHaveLength(5_000);
    expect(seen.at(-1)).toBe("line 5000");
  });

  it("cuts a line that is longer than a page, says so, and goes on behind it", async () => {
    const { text } = await call({ path: "wide.json" });
    expect(text).toContain("[lines 1-1 of 2; line 1 is cut, it is longer than a page; go on with offset 2]");
    expect(capToolText(text)).toBe(text);
    expect((await call({ path: "wide.json", offset: 2 })).text).toBe("second\n[lines 2-2 of 2]");
  });
});
