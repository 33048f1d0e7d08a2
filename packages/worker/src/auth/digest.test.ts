/** The comparison of secrets: of digests alone, and with the same work whatever differs. */

import { expect, test } from "vitest";
import { digest, sameDigest } from "./digest.ts";

/** A text that notes which of its characters were looked at. */
function watched(text: string): { text: string; looks: number[] } {
  const looks: number[] = [];
  const counting = {
    length: text.length,
    charCodeAt: (index: number) => {
      looks.push(index);
      return text.charCodeAt(index);
    },
  };
  return { text: counting as unknown as string, looks };
}

const other = (character: string) => (character === "a" ? "b" : "a");

test("every character is looked at once, wherever the first difference is", async () => {
  const right = await digest("the secret");
  const guesses = [
    right,
    other(right.charAt(0)) + right.slice(1),
    right.slice(0, -1) + other(right.slice(-1)),
    await digest("no"),
  ];
  const all = Array.from({ length: 64 }, (_, index) => index);
  for (const guess of guesses) {
    const { text, looks } = watched(guess);
    expect(sameDigest(text, right)).toBe(guess === right);
    expect(looks).toEqual(all);
  }
});

test("a digest of another length is another one", async () => {
  const right = await digest("the secret");
  for (const guess of ["", right.slice(1), `${right}0`, right + right]) expect(sameDigest(guess, right)).toBe(false);
});

test("secrets of any length have digests of one length, so that nothing but the digest is compared", async () => {
  for (const length of [0, 1, 511, 512]) expect(await digest("x".repeat(length))).toHaveLength(64);
});
