import { describe, expect, it } from "vitest";
import { commit, createTestWorkspace, createToolContext, filesOf } from "../../../../tests/support/tool-context.ts";
import { write } from "./write.ts";

describe("write", () => {
  it("creates and replaces, but only when its change is committed", async () => {
    const workspace = createTestWorkspace({ "a.md": "old" });
    const outcome = await write.execute({ path: "/workspace/a.md", content: "néw" }, createToolContext(workspace));
    expect(outcome).toMatchObject({ text: "Replaced a.md (4 bytes).", changes: [{ path: "a.md" }] });
    expect(filesOf(workspace)).toEqual({ "a.md": "old" });
    commit(workspace, outcome);
    commit(workspace, await write.execute({ path: "deep/b.md", content: "" }, createToolContext(workspace)));
    expect(filesOf(workspace)).toEqual({ "a.md": "néw", "deep/b.md": "" });
  });

  it("names its path to the gate and refuses one outside", async () => {
    const args = { path: "../USER.md", content: "x" };
    expect(write.changedPaths?.(args)).toEqual(["../USER.md"]);
    expect(await write.execute(args, createToolContext(createTestWorkspace()))).toMatchObject({ isError: true });
  });
});
