import { describe, expect, it } from "vitest";
import { capToolText, maxToolTextChars } from "./tool-text.ts";

describe("capToolText", () => {
  it("leaves what fits", () => {
    const text = "x".repeat(maxToolTextChars);
    expect(capToolText(text)).toBe(text);
  });

  it("keeps head and tail, on whole lines, and says how much is gone", () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
    const capped = capToolText(lines.join("\n"));
    expect(capped.length).toBeLessThanOrEqual(maxToolTextChars);
    expect(capped.length).toBeGreaterThan(maxToolTextChars * 0.8);
    const shown = capped.split("\n");
    const notice = shown.findIndex((line) => line.startsWith("[…"));
    expect(shown.slice(0, notice)).toEqual(lines.slice(0, notice));
    expect(shown.slice(notice + 1)).toEqual(lines.slice(notice + 1 - shown.length));
    const [cut, total] =
      /(\d+) of (\d+)/
        .exec(shown[notice] ?? "")
        ?.slice(1)
        .map(Number) ?? [];
    expect(total).toBe(lines.join("\n").length);
    expect(cut).toBe(lines.join("\n").length - (capped.length - (shown[notice] ?? "").length - 2));
  });

  it("never splits a character, never passes a broken one or a NUL", () => {
    for (const shift of ["", "x", "xx", "xxx"]) {
      const capped = capToolText(shift + "🦞".repeat(40_000));
      expect(capped.isWellFormed()).toBe(true);
      expect(capped.length).toBeLessThanOrEqual(maxToolTextChars);
    }
    expect(capToolText("a\ud800b\0c")).toBe("a\ufffdb\ufffdc");
  });
});
