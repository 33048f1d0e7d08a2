/** Rows of JSON, a line each. A row that says `bytes` is followed by so many raw ones, so that files travel as they are. */

const newline = 10;

/** Each row with its bytes, as they come. Throws when the last one is cut off. */
export async function* framesOf(source) {
  let line = [];
  let row;
  let data;
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (row) {
        const piece = chunk.subarray(at, at + data.length - filled);
        piece.copy(data, filled);
        filled += piece.length;
        at += piece.length;
      } else {
        const end = chunk.indexOf(newline, at);
        line.push(chunk.subarray(at, end < 0 ? chunk.length : end));
        at = end < 0 ? chunk.length : end + 1;
        if (end < 0) continue;
        const text = Buffer.concat(line).toString("utf8");
        line = [];
        if (text === "") continue;
        row = JSON.parse(text);
        data = Buffer.allocUnsafe(row.bytes ?? 0);
        filled = 0;
      }
      if (filled < data.length) continue;
      yield { row, data: row.bytes === undefined ? undefined : data };
      row = undefined;
    }
  }
  if (row) throw new Error("a file was cut off on its way");
}

/** What stands on the wire for a row; `data` follows it. */
export function frameHead(row, data) {
  return `${JSON.stringify(data === undefined ? row : { ...row, bytes: data.length })}\n`;
}
