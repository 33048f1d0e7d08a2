/** Answers of one JSON object a line, read while they come. */

export async function* linesOf<Row>(answer: Response): AsyncGenerator<Row> {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  // A line may be megabytes, and comes in pieces of kilobytes: each piece is looked through once, and joined once.
  let pieces: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      let from = 0;
      for (let end = value.indexOf("\n"); end >= 0; end = value.indexOf("\n", from)) {
        pieces.push(value.slice(from, end));
        from = end + 1;
        const line = pieces.join("");
        pieces = [];
        if (line !== "") yield JSON.parse(line) as Row;
      }
      if (from < value.length) pieces.push(value.slice(from));
    }
    const rest = pieces.join("");
    if (rest !== "") yield JSON.parse(rest) as Row;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
