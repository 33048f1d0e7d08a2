/** Answers of one JSON object a line, read while they come. In frames a row that says `bytes` is followed by so many raw ones. */

import { MoltError } from "@moltworker/protocol/errors";
import { piecesOf } from "../pieces.ts";

export async function* linesOf<Row>(answer: Response): AsyncGenerator<Row> {
  for await (const { row } of read<Row>(answer, false)) yield row;
}

/** Each row with its bytes. Throws CONTAINER_STALE when the last ones are missing. */
export function framesOf<Row>(answer: Response): AsyncGenerator<{ row: Row; data?: Uint8Array }> {
  return read<Row>(answer, true);
}

const newline = 10;

/** A line may be megabytes and comes in pieces of kilobytes: each piece is looked through once, and joined once. */
async function* read<Row>(answer: Response, hasBytes: boolean): AsyncGenerator<{ row: Row; data?: Uint8Array }> {
  if (!answer.body) return;
  const pieces = piecesOf(answer.body);
  let piece: Uint8Array = new Uint8Array(0);
  let at = 0;
  const more = async () => {
    const { value, done } = await pieces.read();
    [piece, at] = [value ?? new Uint8Array(0), 0];
    return !done;
  };
  async function line(): Promise<string | undefined> {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const end = piece.indexOf(newline, at);
      const part = piece.subarray(at, end < 0 ? piece.length : end);
      text += decoder.decode(part, { stream: end < 0 });
      at += part.length + 1;
      if (end >= 0) return text;
      if (!(await more())) return text === "" ? undefined : text;
    }
  }
  async function take(count: number): Promise<Uint8Array> {
    const data = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      if (at >= piece.length && !(await more())) throw new MoltError("CONTAINER_STALE", { message: "a file was cut off" });
      const part = piece.subarray(at, at + count - filled);
      data.set(part, filled);
      filled += part.length;
      at += part.length;
    }
    return data;
  }
  try {
    for (let text = await line(); text !== undefined; text = await line()) {
      if (text === "") continue;
      const row = JSON.parse(text) as Row & { bytes?: number };
      yield hasBytes && row.bytes !== undefined ? { row, data: await take(row.bytes) } : { row };
    }
  } finally {
    await pieces.cancel();
  }
}
