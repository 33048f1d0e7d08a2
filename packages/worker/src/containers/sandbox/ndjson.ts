/** Answers of one JSON object a line, read while they come. */

export async function* linesOf<Row>(answer: Response): AsyncGenerator<Row> {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as Row;
    }
    if (rest !== "") yield JSON.parse(rest) as Row;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
