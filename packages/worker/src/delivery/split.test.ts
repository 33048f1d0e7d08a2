import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../tests/support/random.ts";
import { splitMarkdown } from "./split.ts";

describe("splitMarkdown", () => {
  it("leaves alone what fits, and makes nothing of nothing", () => {
    expect(splitMarkdown("short", 10)).toEqual(["short"]);
    expect(splitMarkdown("  \n ", 10)).toEqual([]);
  });

  it("cuts between paragraphs first, then sentences, then words", () => {
    expect(splitMarkdown("aaaa\n\nbbbb\n\ncccc", 11)).toEqual(["aaaa\n\nbbbb", "cccc"]);
    expect(splitMarkdown("One two. Three four.", 12)).toEqual(["One two.", "Three four."]);
    expect(splitMarkdown("one two three", 8)).toEqual(["one two", "three"]);
  });

  it("closes and opens a code block that it cuts", () => {
    const pieces = splitMarkdown(`\`\`\`ts\n${"line;\n".repeat(20)}\`\`\``, 60);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces) {
      expect(piece.startsWith("```ts\n")).toBe(true);
      expect(piece.endsWith("\n```")).toBe(true);
    }
    expect(pieces.join("\n").match(/line;/g)).toHaveLength(20);
  });

  it("loses nothing, cuts no pair of surrogates, and stays within the limit", () => {
    const random = createRandom(11);
    const words = ["word", "😀", "longer-word-here", "é", ".", "\n", "\n\n", "\n```\ncode\n```\n", "**bold**"];
    for (let round = 0; round < 500; round += 1) {
      const text = Array.from({ length: random.below(120) }, () => random.pick(words)).join(" ");
      const pieces = splitMarkdown(text, 80);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(80);
        expect(piece.isWellFormed()).toBe(true);
      }
      const letters = (value: string) => value.replace(/[\s`]/g, "");
      expect(letters(pieces.join(""))).toBe(letters(text));
    }
  });

  it("measures as the provider counts", () => {
    const halves = splitMarkdown("**aaaa** **bbbb**", 9, (piece) => piece.replaceAll("*", "").length);
    expect(halves).toEqual(["**aaaa** **bbbb**"]);
  });
});
