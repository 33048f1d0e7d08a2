import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ToolContext } from "../agent/tool.ts";
import { systemClock } from "../platform/clock.ts";
import { createDatabase } from "../storage/database.ts";
import { createWorkspace, type Workspace, workspaceMigration } from "../storage/workspace.ts";
import { bash } from "./bash.ts";

const objects = (env as { TEST_OBJECT: DurableObjectNamespace }).TEST_OBJECT;

/** Runs `work` with a workspace inside the named Durable Object. */
function inObject<Value>(
  name: string,
  work: (workspace: Workspace, storage: DurableObjectStorage) => Promise<Value>,
): Promise<Value> {
  return runInDurableObject(objects.getByName(name), async (_, state) => {
    const db = createDatabase(state.storage);
    if (!db.one("SELECT 1 AS found FROM sqlite_schema WHERE name = 'workspace_files'"))
      for (const statement of workspaceMigration) db.run(statement);
    return work(createWorkspace(db, systemClock), state.storage);
  });
}

const contextFor = (workspace: Workspace) =>
  ({ workspace, clock: systemClock, signal: new AbortController().signal }) as unknown as ToolContext;

// Loading the interpreter through the test runner takes seconds on a busy machine.
describe("in the Durable Object runtime", { timeout: 60_000 }, () => {
  let name = "";
  beforeEach(() => {
    name = crypto.randomUUID();
  });

  it("the workspace keeps every byte of a large file", () =>
    inObject(name, async (workspace, storage) => {
      const large = new Uint8Array(9_000_000).map((_, index) => (index * 131 + (index >> 9)) & 255);
      workspace.apply([{ path: "large.bin", content: large }]);
      const back = workspace.read("large.bin") ?? new Uint8Array();
      expect(back.length).toBe(large.length);
      expect(back.every((byte, index) => byte === large[index])).toBe(true);
      const [longest] = storage.sql.exec<{ n: number }>("SELECT MAX(length(data)) AS n FROM workspace_chunks").toArray();
      expect(longest?.n).toBeLessThanOrEqual(1_500_000);
    }));

  it("a refused change leaves nothing behind", () =>
    inObject(name, async (workspace) => {
      workspace.apply([{ path: "a.md", content: new TextEncoder().encode("1") }]);
      const stale = [
        { path: "b.md", content: new Uint8Array(3) },
        { path: "a.md", content: null, baseRevision: 99 },
      ];
      expect(() => workspace.apply(stale)).toThrow(/changed since/);
      expect(workspace.list().map((file) => file.path)).toEqual(["a.md"]);
    }));

  it("bash reads, computes and hands back changes, which stay", async () => {
    await inObject(name, async (workspace) => {
      workspace.apply([{ path: "data.csv", content: new TextEncoder().encode("tea,3\ncoffee,4\n") }]);
      const command =
        "awk -F, '{s+=$2} END {print s}' data.csv; sort data.csv | gzip -c | gunzip | sha256sum | cut -c1-6; mkdir out; cp data.csv out/copy.csv; printf 'x' >> data.csv; jq -n '{a:1}' > out/a.json";
      const outcome = await bash.execute({ command }, contextFor(workspace));
      expect(outcome.text).toBe("7\n39bc21");
      workspace.apply(outcome.changes ?? []);
    });
    await inObject(name, async (workspace) => {
      expect(workspace.list().map((file) => file.path)).toEqual(["data.csv", "out/a.json", "out/copy.csv"]);
      expect(new TextDecoder().decode(workspace.read("data.csv"))).toBe("tea,3\ncoffee,4\nx");
    });
  });

  it("a script without end is ended, and the object lives", () =>
    inObject(name, async (workspace) => {
      const outcome = await bash.execute({ command: "while true; do :; done" }, contextFor(workspace));
      expect(outcome.isError).toBe(true);
      expect((await bash.execute({ command: "echo alive" }, contextFor(workspace))).text).toBe("alive");
    }));
});
