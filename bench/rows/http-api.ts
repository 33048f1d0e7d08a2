/** The OpenAI-compatible API beside the socket: what the way over HTTP adds before the provider is asked. */

import { now } from "../load.ts";
import type { Running } from "../product.ts";
import { askProvider } from "../provider.ts";
import type { Row, RowGroup } from "../row.ts";
import { median, percentile } from "../statistics.ts";

const turns = 200;

export const httpApi: RowGroup = {
  name: "http-api",
  what: "what /v1/chat/completions adds to a turn",
  async measure(bench): Promise<Row[]> {
    const ours = bench.products.find((product) => product.isOurs);
    if (!ours) return [];
    const running = await bench.running(ours);
    await complete(running, "warm [[say: warm]]");
    const socket: number[] = [];
    const http: number[] = [];
    const whole: number[] = [];
    let { count: asked } = await askProvider(bench.providerUrl);
    const requestAt = async (text: string) => {
      const seen = await askProvider(bench.providerUrl, asked);
      asked = seen.count;
      return seen.requests.find((request) => request.userTexts.some((said) => said.includes(text)))?.at ?? Number.NaN;
    };
    // One of each in turn, each in a conversation of its own, so that the machine's moods meet both alike.
    for (let index = 0; index < turns; index += 1) {
      const done = await running.load.turn(`agent:main:beside-${index}`, `socket ${index} [[say: one two]]`);
      socket.push((await requestAt(`socket ${index} [[`)) - done.sentAt);
      const sentAt = now();
      await complete(running, `http ${index} [[say: one two]]`);
      whole.push(now() - sentAt);
      http.push((await requestAt(`http ${index} [[`)) - sentAt);
    }
    const note = `${turns} requests beside ${turns} turns on the socket (p50 ${median(socket).toFixed(1)} ms)`;
    const row = (id: string, what: string, value: number, bar: number | null): Row => ({
      id,
      what,
      unit: "ms",
      ours: value,
      peer: null,
      better: "lower",
      bar,
      note,
    });
    return [
      row("http-api.request.p50", "/v1 request → provider request, p50", median(http), 10),
      row("http-api.request.p99", "/v1 request → provider request, p99", percentile(http, 0.99), 50),
      row("http-api.added.p50", "of it more than over the socket, p50", median(http) - median(socket), 5),
      row("http-api.end.p50", "/v1 request → whole answer, p50", median(whole), null),
    ];
  },
};

async function complete({ http }: Running, content: string): Promise<void> {
  const response = await fetch(`${http.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${http.token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "moltworker", messages: [{ role: "user", content }] }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  await response.text();
}
