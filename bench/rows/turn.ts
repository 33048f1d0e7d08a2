/** One turn after the other: our own work before the provider is asked, and after it answered. */

import { askProvider } from "../provider.ts";
import { type RowGroup, sideBySide } from "../row.ts";
import { median, percentile } from "../statistics.ts";

export const turn: RowGroup = {
  name: "turn",
  what: "own work per turn, tokens of an empty session",
  measure: (bench) =>
    sideBySide(
      bench,
      async (product) => {
        const { load } = await bench.running(product);
        const count = product.isOurs ? 200 : 40;
        const figures = { toRequest: [] as number[], toText: [] as number[], toEnd: [] as number[] };
        let { count: asked } = await askProvider(bench.providerUrl);
        // A new session each ten turns, so that the history's growth does not become the subject.
        for (let index = 0; index < count; index += 1) {
          const done = await load.turn(`agent:main:turn-${Math.floor(index / 10)}`, `hello ${index} [[say: one two three four]]`);
          const seen = await askProvider(bench.providerUrl, asked);
          asked = seen.count;
          // Requests of their own that some products make are not the turn's.
          const own = seen.requests.find((request) => request.userTexts.some((text) => text.includes(`hello ${index} [[`)));
          if (own) figures.toRequest.push(own.at - done.sentAt);
          figures.toText.push(done.firstTextAt - done.sentAt);
          figures.toEnd.push(done.endedAt - done.sentAt);
        }
        const { toRequest, toText, toEnd } = figures;
        await load.turn(`agent:main:empty-${process.pid}`, "hello");
        const empty = (await askProvider(bench.providerUrl, asked)).requests[0];
        const note = `${toRequest.length} turns in sequence`;
        return {
          "turn.request.p50": { value: median(toRequest), note },
          "turn.request.p99": { value: percentile(toRequest, 0.99), note },
          "turn.text.p50": { value: median(toText) },
          "turn.text.p99": { value: percentile(toText, 0.99) },
          "turn.end.p50": { value: median(toEnd) },
          "turn.tokens": {
            value: (empty?.bodyBytes ?? Number.NaN) / bytesPerToken,
            note: `request of ${empty?.bodyBytes} bytes at ${bytesPerToken} bytes a token`,
          },
        };
      },
      [
        { id: "turn.request.p50", what: "message → provider request, p50", unit: "ms", better: "lower", bar: 10 },
        { id: "turn.request.p99", what: "message → provider request, p99", unit: "ms", better: "lower", bar: 50 },
        { id: "turn.text.p50", what: "message → first text, p50", unit: "ms", better: "lower", bar: null },
        { id: "turn.text.p99", what: "message → first text, p99", unit: "ms", better: "lower", bar: null },
        { id: "turn.end.p50", what: "message → final, p50", unit: "ms", better: "lower", bar: null },
        { id: "turn.tokens", what: 'tokens sent for "hello", empty session', unit: "tokens", better: "lower", bar: 3_000 },
      ],
    ),
};

/** Measured on the peer's request: 68 KB were 18,300 tokens. The same for both, so the ratio is exact. */
const bytesPerToken = 3.72;
