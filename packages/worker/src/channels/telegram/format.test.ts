import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../../tests/support/random.ts";
import { formatMarkdown } from "./format.ts";

/** `type:the text that it covers`. */
const seen = (markdown: string) => {
  const { text, entities } = formatMarkdown(markdown);
  return [
    text,
    ...entities.map(({ type, offset, length, url }) => `${type}:${text.slice(offset, offset + length)}${url ? `>${url}` : ""}`),
  ];
};

describe("formatMarkdown", () => {
  it.each([
    ["plain", ["plain"]],
    ["**bold** and *italic* and ~~gone~~", ["bold and italic and gone", "bold:bold", "italic:italic", "strikethrough:gone"]],
    ["***both***", ["both", "italic:both", "bold:both"]],
    ["a snake_case_name stays", ["a snake_case_name stays"]],
    ["2 * 3 * 4", ["2 * 3 * 4"]],
    ["`code *not italic*`", ["code *not italic*", "code:code *not italic*"]],
    ["# Title\ntext", ["Title\ntext", "bold:Title"]],
    ["- one\n- [x] two\n  - three", ["• one\n☑ two\n  • three"]],
    ["[site](https://a.example/x_(y))", ["site", "text_link:site>https://a.example/x_(y)"]],
    ["[mail](mailto:a@b.c) [rel](notes/a.md)", ["mail (a@b.c) rel (notes/a.md)"]],
    ["> quoted **word**\n> more", ["quoted word\nmore", "blockquote:quoted word\nmore", "bold:word"]],
    ["😀 **fett** 👍", ["😀 fett 👍", "bold:fett"]],
    ["unclosed **bold and `code", ["unclosed **bold and `code"]],
    ["\\*escaped\\*", ["*escaped*"]],
  ])("%j", (markdown, expected) => expect(seen(markdown)).toEqual(expected));

  it("keeps code as it is, with its language", () => {
    const { text, entities } = formatMarkdown("before\n```ts\nconst a = **1**;\n```\nafter");
    expect(text).toBe("before\nconst a = **1**;\nafter");
    expect(entities).toEqual([{ type: "pre", offset: 7, length: 16, language: "ts" }]);
  });

  it("sets tables in fixed width", () => {
    const { text, entities } = formatMarkdown("| a | bb |\n|---|---|\n| ccc | d |");
    expect(text).toBe("a    bb\nccc  d");
    expect(entities).toEqual([{ type: "pre", offset: 0, length: text.length }]);
  });

  it("never makes an entity that leaves the text or is empty, whatever is written", () => {
    const random = createRandom(7);
    const pieces = [
      "**",
      "*",
      "_",
      "`",
      "```\n",
      "[a](",
      "https://b.c)",
      "> ",
      "# ",
      "- ",
      "\n",
      " ",
      "word",
      "😀",
      "~~",
      "|",
      "\\",
      "<",
      "\n\n",
      "é",
    ];
    for (let round = 0; round < 3_000; round += 1) {
      const markdown = Array.from({ length: 1 + random.below(24) }, () => random.pick(pieces)).join("");
      const { text, entities } = formatMarkdown(markdown);
      for (const { offset, length } of entities) {
        expect(length).toBeGreaterThan(0);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset + length).toBeLessThanOrEqual(text.length);
      }
    }
  });
});
