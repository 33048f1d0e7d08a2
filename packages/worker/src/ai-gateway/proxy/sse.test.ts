/** Point 18: the shapes of event streams, cut in two at every byte and into single bytes. What is understood never depends on where. */

import { describe, expect, test } from "vitest";
import { AddedUsageStrip } from "./added-usage.ts";
import { readOpening } from "./first-event.ts";
import { dataOfEvent, splitEvents } from "./sse.ts";
import { UsageScan } from "./usage-scan.ts";

const usage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };
const role = { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] };
const word = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
const data = (value: unknown) => `data: ${JSON.stringify(value)}`;

/** Events without their ends: text beyond ASCII, comments, several lines of data, fields without a space, the word usage in prose. */
const frames = [
  ": a comment",
  data(role),
  data(word("grüße 🙂 日本")),
  `event: delta\nid: 7\n${data(word('"usage": {"prompt_tokens": 999}'))}`,
  `data:${JSON.stringify(word("tight"))}`,
  'data: {"choices":\ndata: [{"index":0,"delta":{"content":"on two lines"}}]}',
  data({ choices: [], usage }),
  "data: [DONE]",
];
const ends = { LF: "\n", CRLF: "\r\n", CR: "\r" };
const streamOf = (all: readonly string[], end: string) =>
  all.map((frame) => `${frame.replaceAll("\n", end)}${end}${end}`).join("");
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The same bytes in two pieces for every place, and in single bytes. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at += 1)
    yield [bytes.subarray(0, at), bytes.subarray(at)].filter((piece) => piece.length > 0);
  yield [...bytes].map((byte) => Uint8Array.of(byte));
}

describe.each(Object.entries(ends))("lines that end with %s", (name, end) => {
  const text = streamOf(frames, end);
  const bytes = bytesOf(text);

  test("the same events, with the same data", () => {
    const expected = frames.map((frame) => `${frame.replaceAll("\n", end)}${end}${end}`);
    for (const pieces of cuts(bytes)) {
      const decoder = new TextDecoder();
      const seen: string[] = [];
      let rest = "";
      for (const piece of pieces) {
        const split = splitEvents(rest + decoder.decode(piece, { stream: true }));
        seen.push(...split.events);
        rest = split.rest;
      }
      // The end of the last event may be half of another line's end.
      if (rest !== "") seen.push(rest);
      expect(seen).toEqual(expected);
    }
    expect(JSON.parse(dataOfEvent(expected[5] as string))).toEqual(word("on two lines"));
  });

  test("the same usage, and none from prose", () => {
    for (const pieces of cuts(bytes)) {
      const scan = new UsageScan();
      for (const piece of pieces) scan.push(piece);
      expect(scan.usage()).toMatchObject({ input: 12, output: 34 });
    }
  });

  test("the opening holds back what says nothing, and every byte of it is kept", async () => {
    for (const pieces of cuts(bytes)) {
      const left = [...pieces];
      const opening = await readOpening(
        async () => left.shift(),
        () => true,
      );
      if (opening.kind !== "content") throw new Error(opening.kind);
      const held = Buffer.concat(opening.held).toString("utf8");
      expect(text.startsWith(held)).toBe(true);
      expect(held.length).toBeGreaterThan(text.indexOf("gr"));
      expect(held + Buffer.concat(left).toString("utf8")).toBe(text);
    }
  });

  // Chat Completions come with LF or CRLF; what ends its lines with CR alone is passed on as it is, with the chunk.
  test.skipIf(name === "CR")("the chunk that we asked for is taken out, and nothing else is touched", () => {
    const expected = streamOf([...frames.slice(0, 6), frames[7] as string], end);
    for (const pieces of cuts(bytes)) {
      const strip = new AddedUsageStrip();
      const out = [...pieces.map((piece) => strip.push(piece)), strip.flush()];
      expect(Buffer.concat(out).toString("utf8")).toBe(expected);
    }
  });
});

test("an error as the first event is one wherever it is cut", async () => {
  const bytes = bytesOf(`: hello\n\n${data({ error: { message: "no", code: 429 } })}\n\n`);
  for (const pieces of cuts(bytes)) {
    const left = [...pieces];
    const opening = await readOpening(
      async () => left.shift(),
      () => true,
    );
    expect(opening.kind).toBe("error");
  }
});
