import { expect, it } from "vitest";
import { framesOf, linesOf } from "./ndjson.ts";

/** The text as it comes over a socket: in pieces of `size` bytes, which may cut a character in two. */
function answerOf(text: string | Uint8Array, size: number): Response {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let at = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    }),
  );
}

async function rowsOf(answer: Response): Promise<unknown[]> {
  const rows = [];
  for await (const row of linesOf(answer)) rows.push(row);
  return rows;
}

it.each([1, 2, 7, 1_000])("reads rows in pieces of %i bytes, the last one with or without its end", async (size) => {
  const rows = [{ a: "ä€𝄞" }, { b: 2 }, { c: "x".repeat(3_000) }];
  const text = rows.map((row) => JSON.stringify(row)).join("\n");
  expect(await rowsOf(answerOf(text, size))).toEqual(rows);
  expect(await rowsOf(answerOf(`\n${text}\n\n`, size))).toEqual(rows);
});

it("reads a line of megabytes that comes in pieces of a kilobyte", async () => {
  const data = "0123456789abcdef".repeat(500_000);
  expect(await rowsOf(answerOf(`${JSON.stringify({ data })}\n{"end":true}\n`, 1_024))).toEqual([{ data }, { end: true }]);
});

it.each([1, 3, 4_096])("reads frames in pieces of %i bytes: bytes that look like rows, none, and rows without", async (size) => {
  const parts = ['{"path":"a","bytes":6}\n', '{"b"}\n', '{"path":"b","gone":true}\n', '{"path":"c","bytes":0}\n', '{"end":1}'];
  const frames = [];
  for await (const frame of framesOf(answerOf(parts.join(""), size))) frames.push(frame);
  expect(frames).toEqual([
    { row: { path: "a", bytes: 6 }, data: new TextEncoder().encode('{"b"}\n') },
    { row: { path: "b", gone: true } },
    { row: { path: "c", bytes: 0 }, data: new Uint8Array(0) },
    { row: { end: 1 } },
  ]);
});

it("does not take a file for whole that was cut off", async () => {
  const frames = framesOf(answerOf('{"path":"a","bytes":10}\nonly', 3));
  await expect(frames.next()).rejects.toMatchObject({ code: "CONTAINER_STALE" });
});

it("a row of a stream without frames may say what it likes", async () => {
  expect(await rowsOf(answerOf('{"bytes":3}\n{"a":1}\n', 4))).toEqual([{ bytes: 3 }, { a: 1 }]);
});
