import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createWorkspace, type WorkspaceLimits, workspaceLimits, workspaceMigration } from "./workspace.ts";

const nowMs = 1_000;
const clock = { now: () => nowMs, sleep: async () => {} };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);

function fresh(limits: WorkspaceLimits = workspaceLimits) {
  const db = createTestDatabase();
  for (const statement of workspaceMigration) db.run(statement);
  return createWorkspace(db, clock, limits);
}

describe("workspace", () => {
  it("reads back what was written, under any spelling of the path", () => {
    const workspace = fresh();
    workspace.apply([{ path: "/workspace/notes//./today.md", content: bytes("hello") }]);
    expect(text(workspace.read("notes/today.md"))).toBe("hello");
    expect(text(workspace.read("./notes/today.md"))).toBe("hello");
    expect(workspace.stat("~/notes/today.md")).toEqual({ path: "notes/today.md", sizeBytes: 5, updatedAt: 1_000, revision: 1 });
    expect(workspace.read("notes/other.md")).toBeUndefined();
  });

  it("keeps every byte of a file of several chunks, and none of the old one", () => {
    const workspace = fresh();
    const large = new Uint8Array(3_500_000).map((_, index) => (index * 31 + (index >> 8)) & 255);
    workspace.apply([{ path: "large.bin", content: large }]);
    expect(Buffer.compare(Buffer.from(workspace.read("large.bin") ?? []), Buffer.from(large))).toBe(0);
    workspace.apply([{ path: "large.bin", content: new Uint8Array([255, 0, 1]) }]);
    expect([...(workspace.read("large.bin") ?? [])]).toEqual([255, 0, 1]);
    workspace.apply([{ path: "large.bin", content: new Uint8Array(0) }]);
    expect(workspace.read("large.bin")).toEqual(new Uint8Array(0));
  });

  it("writes into a view's own bytes only", () => {
    const workspace = fresh();
    workspace.apply([{ path: "view", content: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }]);
    expect([...(workspace.read("view") ?? [])]).toEqual([2, 3]);
  });

  it("lists a folder by path, not its namesakes", () => {
    const workspace = fresh();
    workspace.apply(
      ["b.md", "a/1.md", "a/b/2.md", "a0.md", "ab/3.md", "日記/一.md"].map((path) => ({ path, content: bytes(path) })),
    );
    expect(workspace.list("a").map((file) => file.path)).toEqual(["a/1.md", "a/b/2.md"]);
    expect(workspace.list().map((file) => file.path)).toEqual(["a/1.md", "a/b/2.md", "a0.md", "ab/3.md", "b.md", "日記/一.md"]);
  });

  it("applies all changes or none", () => {
    const workspace = fresh();
    workspace.apply([{ path: "keep.md", content: bytes("old") }]);
    const bad = [
      { path: "keep.md", content: bytes("new") },
      { path: "../out", content: bytes("x") },
    ];
    expect(() => workspace.apply(bad)).toThrow(/could leave/);
    expect(text(workspace.read("keep.md"))).toBe("old");
  });

  it("refuses a change made from an old revision", () => {
    const workspace = fresh();
    workspace.apply([{ path: "a.md", content: bytes("1"), baseRevision: 0 }]);
    const seen = workspace.stat("a.md")?.revision ?? 0;
    workspace.apply([{ path: "a.md", content: bytes("2"), baseRevision: seen }]);
    expect(() => workspace.apply([{ path: "a.md", content: bytes("3"), baseRevision: seen }])).toThrow(/changed since/);
    expect(() => workspace.apply([{ path: "a.md", content: bytes("3"), baseRevision: 0 }])).toThrow(/changed since/);
    workspace.apply([{ path: "a.md", content: null }]);
    workspace.apply([{ path: "a.md", content: bytes("2") }]);
    expect(workspace.stat("a.md")?.revision).not.toBe(seen);
  });

  it("remembers where a file's text came from until the file is written anew", () => {
    const workspace = fresh();
    workspace.apply([{ path: "a.md", content: bytes("x"), outsideFrom: "evil.example" }]);
    expect(workspace.stat("a.md")).toMatchObject({ outsideFrom: "evil.example" });
    expect(workspace.list()[0]?.outsideFrom).toBe("evil.example");
    workspace.apply([{ path: "a.md", content: bytes("y") }]);
    expect(workspace.stat("a.md")).not.toHaveProperty("outsideFrom");
  });

  it("holds the limits, counting what deletes free", () => {
    const workspace = fresh({ fileBytes: 10, totalBytes: 15, files: 2 });
    expect(() => workspace.apply([{ path: "a", content: new Uint8Array(11) }])).toThrow(/a file may have 10/);
    workspace.apply([{ path: "a", content: new Uint8Array(10) }]);
    expect(() => workspace.apply([{ path: "b", content: new Uint8Array(6) }])).toThrow(/may hold 15/);
    workspace.apply([
      { path: "a", content: null },
      { path: "b", content: new Uint8Array(6) },
      { path: "c", content: new Uint8Array(9) },
    ]);
    expect(() => workspace.apply([{ path: "d", content: new Uint8Array(0) }])).toThrow(/2$/);
    workspace.apply([
      { path: "c", content: null },
      { path: "c", content: null },
      { path: "d", content: bytes("1") },
    ]);
    expect(workspace.list().map((file) => file.path)).toEqual(["b", "d"]);
  });

  it("never lets a name be both file and folder", () => {
    const workspace = fresh();
    workspace.apply([{ path: "a/b", content: bytes("x") }]);
    expect(() => workspace.apply([{ path: "a", content: bytes("x") }])).toThrow(/is a folder/);
    expect(() => workspace.apply([{ path: "a/b/c", content: bytes("x") }])).toThrow(/is a file/);
    workspace.apply([
      { path: "a/b", content: null },
      { path: "a", content: bytes("now a file") },
    ]);
    expect(text(workspace.read("a"))).toBe("now a file");
  });

  describe("after a restart", () => {
    const folder = mkdtempSync(join(tmpdir(), "workspace-"));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it("has the same files", () => {
      const path = join(folder, "db.sqlite");
      const before = createTestDatabase(path);
      for (const statement of workspaceMigration) before.run(statement);
      createWorkspace(before, clock).apply([{ path: "MEMORY.md", content: bytes("remember") }]);
      before.close();
      const after = createTestDatabase(path);
      expect(text(createWorkspace(after, clock).read("MEMORY.md"))).toBe("remember");
      after.close();
    });
  });
});
