import { describe, expect, it } from "vitest";
import { folderRange, normalizeFolder, normalizePath } from "./workspace-path.ts";

const outside = [
  "..",
  "../x",
  "a/../../x",
  "a/..",
  "a/../b",
  "/..",
  "/workspace/../etc/passwd",
  "~/../x",
  "./../x",
  "a//../..//x",
  "..\\x",
  "a\\..\\..\\x",
  "\\\\server\\share",
  "C:\\x",
  "a\0b",
  "a/\0",
  "..\0/x",
  "\u202e/x",
  "a\u200b/b",
  "..\u200d/x",
  "a\nb",
  "a\rb",
  "a\u2028b",
  "\ud800",
  "a/\udfff",
  "a\u007f",
  "a\u0085b",
  "\ufeffa",
  "e\u00adf",
  "a\u2066b",
];
const nothing = ["", "/", ".", "./", "//", "~", "~/", "/workspace", "/workspace/", "/./workspace"];

describe("paths", () => {
  it.each(outside)("refuses %j", (path) => {
    expect(() => normalizePath(path)).toThrow(/path/);
    expect(() => normalizeFolder(path)).toThrow(/path/);
  });

  it.each(nothing)("takes %j as the root, which is no file", (path) => {
    expect(normalizeFolder(path)).toBe("");
    expect(() => normalizePath(path)).toThrow(/names no file/);
  });

  it.each([
    ["a", "a"],
    ["/a/b", "a/b"],
    ["/workspace/a", "a"],
    ["workspace/a", "workspace/a"],
    ["//workspace///a/", "a"],
    ["~/a", "a"],
    ["~a", "~a"],
    ["/~/a", "~/a"],
    [".../a", ".../a"],
    ["..a/b..", "..a/b.."],
    ["%2e%2e/x", "%2e%2e/x"],
    ["．．/x", "．．/x"],
    ["CON", "CON"],
    ["cafe\u0301.md", "caf\u00e9.md"],
    ["a b/c", "a b/c"],
    ["__proto__", "__proto__"],
  ])("%j becomes %j", (raw, path) => expect(normalizePath(raw)).toBe(path));

  it("bounds length in bytes and depth", () => {
    expect(normalizePath("é".repeat(256))).toHaveLength(256);
    expect(() => normalizePath("é".repeat(257))).toThrow(/512 bytes/);
    expect(() => normalizePath(Array(33).fill("a").join("/"))).toThrow(/deeper/);
  });

  it("is stable and never leaves the tree, for random assemblies of hostile pieces", () => {
    const pieces = ["..", ".", "/", "//", "a", "workspace", "~", "\\", "%2f", "e\u0301", " ", "\u202e", "\0", "b.md", "。", "．"];
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    let accepted = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const raw = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)]).join("");
      let path: string;
      try {
        path = normalizePath(raw);
      } catch {
        continue;
      }
      accepted += 1;
      expect(
        path.split("/").some((part) => part === "" || part === "." || part === ".."),
        raw,
      ).toBe(false);
      expect(path, raw).not.toMatch(/[\\\0\u202e]/);
      expect(normalizePath(`/${path}`), raw).toBe(
        path.startsWith("workspace/") || path === "workspace" ? expect.anything() : path,
      );
      expect(path.normalize("NFC")).toBe(path);
    }
    expect(accepted).toBeGreaterThan(1_000);
  });

  it("bounds a folder's range exactly", () => {
    const [from, to] = folderRange("a");
    expect(["a", "a/", "a/x", "a/\u{10FFFF}", "a0", "a.md", "b"].filter((path) => path >= from && path < to)).toEqual([
      "a/",
      "a/x",
      "a/\u{10FFFF}",
    ]);
  });
});
