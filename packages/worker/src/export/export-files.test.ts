import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { homeFiles, secretsOfHome } from "../../../../tests/support/import-home.ts";
import { createImportWorld, owner, stageFiles } from "../../../../tests/support/import-world.ts";
import { readTar } from "../import/tar-reader.ts";
import { exportFiles } from "./export-files.ts";
import { tarStream } from "./tar-stream.ts";

let folder: string | undefined;
afterEach(() => folder && rmSync(folder, { recursive: true, force: true }));

/** An assistant with an imported home, exported and unpacked into a folder. */
async function exported(): Promise<string> {
  const world = createImportWorld();
  const { hash } = await stageFiles(world.importer, homeFiles(".openclaw/", ".openclaw/workspace/"));
  await world.importer.apply(hash, owner);
  world.workspace.apply([
    { path: "a/b.md", content: new TextEncoder().encode("b") },
    { path: "a-b.md", content: new Uint8Array([255, 0, 1]) },
    { path: `long/${"name-".repeat(30)}.md`, content: new Uint8Array() },
    { path: "søt/é.md", content: new TextEncoder().encode("ø") },
  ]);
  const clock = { now: () => Date.UTC(2026, 0, 2), sleep: async () => {} };
  const blobs = { bytes: async (id: string) => world.blobs.get(id) } as never;
  const deps = { ...world, clock, blobs, settings: () => world.settings, version: "1.2.3" };
  folder = mkdtempSync(join(tmpdir(), "export-"));
  for await (const entry of readTar(tarStream(exportFiles(deps), clock.now()))) {
    const path = join(folder, entry.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await entry.bytes());
  }
  return folder;
}

it("is a git repository that git itself finds whole, with nothing left to commit", async () => {
  const workspace = join(await exported(), "workspace");
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", workspace, "-c", "core.quotePath=false", ...args], { encoding: "utf8" });
  expect(git("fsck", "--strict", "--full")).toBe("");
  git("read-tree", "HEAD");
  expect(git("status", "--porcelain", "--untracked-files=all")).toBe("");
  expect(git("ls-files").split("\n")).toEqual(expect.arrayContaining(["a-b.md", "a/b.md", "SOUL.md", "søt/é.md"]));
});

it("holds every conversation, to read and to process, and its pictures", async () => {
  const root = await exported();
  const lines = readFileSync(join(root, "conversations/agent-main-main.jsonl"), "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).role ?? "session")).toEqual([
    "session",
    "user",
    "assistant",
    "toolResult",
    "assistant",
  ]);
  const text = readFileSync(join(root, "conversations/agent-main-main.md"), "utf8");
  expect(text).toContain("What is the time?");
  expect(text).toContain('- `exec` {"command":"date"}');
  const picture = join(root, "conversations/agent-main-main-imported-sold.files");
  expect(execFileSync("ls", [picture], { encoding: "utf8" })).toMatch(/picture-1\.png/);
});

it("holds no secret", async () => {
  const root = await exported();
  for (const secret of Object.values(secretsOfHome)) {
    expect(() => execFileSync("grep", ["-rqF", "--", secret, root])).toThrow();
  }
});
