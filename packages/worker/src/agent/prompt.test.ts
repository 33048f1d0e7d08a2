import { describe, expect, test } from "vitest";
import { firstFiles, seedWorkspace } from "./first-files.ts";
import { systemPrompt } from "./prompt.ts";

const noon = Date.UTC(2026, 10, 23, 12, 0);
const read = (files: Record<string, string>) => (path: string) => files[path];

describe("the system prompt", () => {
  test("holds the files in one order, whatever order they are in, and ends with the date", () => {
    const prompt = systemPrompt({
      name: "Molt",
      read: read({ "MEMORY.md": "remember", "AGENTS.md": "work", "SOUL.md": "warm", "other.md": "no" }),
      nowMs: noon,
    });
    expect([...prompt.matchAll(/^## (\S+)/gm)].map((match) => match[1])).toEqual(["AGENTS.md", "SOUL.md", "MEMORY.md"]);
    expect(prompt).toMatch(/Today is Monday,? 23 November 2026 \(UTC\)\.$/);
    expect(prompt).not.toContain("## other.md");
  });
  test("is the same all day, so that the provider's cache holds", () => {
    const files = read({ "AGENTS.md": "work" });
    expect(systemPrompt({ name: "Molt", read: files, nowMs: noon })).toBe(
      systemPrompt({ name: "Molt", read: files, nowMs: noon + 6 * 3_600_000 }),
    );
  });
  test("caps each file and all together, and says so", () => {
    const files = Object.fromEntries(
      ["AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md", "MEMORY.md"].map((name) => [name, `${name} ${"x".repeat(20_000)}`]),
    );
    const prompt = systemPrompt({ name: "Molt", read: read(files), nowMs: noon });
    expect(prompt).toContain("read AGENTS.md for it");
    expect(prompt.length).toBeLessThan(40_000);
  });
  test("knows the owner's time zone, and survives one that does not exist", () => {
    const late = Date.UTC(2026, 10, 23, 23, 30);
    expect(systemPrompt({ name: "Molt", read: read({}), nowMs: late, timeZone: "Europe/Oslo" })).toContain(
      "24 November 2026 (Europe/Oslo)",
    );
    expect(systemPrompt({ name: "Molt", read: read({}), nowMs: late, timeZone: "Nowhere/At_All" })).toContain("(UTC)");
  });
  test("stays small in a new workspace: at most 800 tokens, so that a hello costs little", () => {
    const files = Object.fromEntries(firstFiles.map((file) => [file.path, file.text]));
    expect(systemPrompt({ name: "Molt", read: read(files), nowMs: noon }).length / 4).toBeLessThan(800);
  });
});

test("the first files are written into an empty workspace only", () => {
  const files = new Map<string, Uint8Array | null>();
  const workspace = {
    read: (path: string) => files.get(path) ?? undefined,
    stat: () => undefined,
    list: () => [...files.keys()].map((path) => ({ path, sizeBytes: 1, updatedAt: 0, revision: 1 })),
    apply: (changes: { path: string; content: Uint8Array | null }[]) =>
      changes.forEach(({ path, content }) => void files.set(path, content)),
  };
  expect(seedWorkspace(workspace)).toBe(true);
  expect([...files.keys()]).toEqual(["AGENTS.md", "SOUL.md", "USER.md", "MEMORY.md"]);
  files.clear();
  files.set("mine.md", new Uint8Array());
  expect(seedWorkspace(workspace)).toBe(false);
});
