import { expect, it } from "vitest";
import { linesOf } from "./ndjson.ts";

/** The text as it comes over a socket: in pieces of `size` bytes, which may cut a character in two. */
function answerOf(text: string, size: number): Response {
  const bytes = new TextEncoder().encode(text);
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
