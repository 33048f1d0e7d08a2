/** A channel's way in and out, against the fake Bot API: how fast an update is acknowledged, how fast something stands in the chat. */

import { startFakeTelegram, testToken } from "../../tests/fakes/telegram.ts";
import { connectClient } from "../../tests/support/client.ts";
import { startServer } from "../../tests/support/server.ts";
import { messageUpdate } from "../../tests/support/telegram.ts";
import type { Row, RowGroup } from "../row.ts";
import { median, percentile } from "../statistics.ts";

const count = 300;
const chats = 150;
const together = 16;
/** Between two updates that come one after the other. */
const restMs = 120;

export const channels: RowGroup = {
  name: "channels",
  what: "webhook → 200, update → placeholder, updates per second",
  async measure(bench) {
    const telegram = await startFakeTelegram();
    const server = await startServer({
      env: {
        OPENAI_COMPATIBLE_BASE_URL: `${bench.providerUrl}/v1`,
        OPENAI_COMPATIBLE_API_KEY: "bench-key",
        MOLTWORKER_MODEL: "openai-compatible/fake-large",
        TELEGRAM_BOT_TOKEN: testToken,
        TELEGRAM_API_BASE_URL: telegram.url,
      },
    });
    const client = await connectClient(server.url, { dataDir: server.dataDir });
    const account = { dmPolicy: "open", mode: "webhook", queueMode: "followup", ackReaction: "off" };
    const settings = { channels: { publicUrl: "https://bench.example.com", accounts: { telegram: { default: account } } } };
    await client.request("config.patch", { raw: JSON.stringify(settings) });
    await telegram.waitFor((call) => call.method === "setWebhook");
    const url = `${server.url.replace(/\/$/, "")}/channels/telegram/default`;
    const { secret } = telegram.webhook;
    let nextId = 1;
    const post = async (chat: number, text: string) => {
      const update = { update_id: nextId++, ...messageUpdate({ from: chat, text }) };
      const began = performance.now();
      await telegram.post(update, { secret, url });
      return performance.now() - began;
    };
    try {
      return await figures(telegram, post);
    } finally {
      client.close();
      await server.dispose();
      await telegram.close();
    }
  },
};

type Telegram = Awaited<ReturnType<typeof startFakeTelegram>>;
/** Posts one update; resolves to the milliseconds until its 200. */
type Post = (chat: number, text: string) => Promise<number>;

async function figures(telegram: Telegram, post: Post): Promise<Row[]> {
  // The first ones compile and cache; they are not the subject.
  for (let index = 0; index < 10; index += 1)
    await placeholder(telegram, 10 + index, () => post(10 + index, "warm [[say: warm]]"));
  const { placed, alone } = await apart(telegram, post);
  const acknowledged: number[] = [];
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) acknowledged.push(await post(10_000 + (next++ % chats), "[[say: ok]]"));
  };
  await Promise.all(Array.from({ length: together }, worker));
  const perSecond = count / ((performance.now() - began) / 1_000);
  const note = `${count} updates in ${chats} chats, ${together} at a time`;
  const spaced = "one after the other, instant provider";
  return [
    ours(
      { id: "channels.ack.alone.p50", what: "webhook → 200 at rest, p50", unit: "ms", better: "lower", bar: 15 },
      median(alone),
      spaced,
    ),
    ours(
      { id: "channels.ack.alone.p99", what: "webhook → 200 at rest, p99", unit: "ms", better: "lower", bar: 60 },
      percentile(alone, 0.99),
      spaced,
    ),
    ours(
      { id: "channels.ack.p50", what: "webhook → 200 in a rush, p50", unit: "ms", better: "lower", bar: 80 },
      median(acknowledged),
      note,
    ),
    ours(
      { id: "channels.ack.p99", what: "webhook → 200 in a rush, p99", unit: "ms", better: "lower", bar: 250 },
      percentile(acknowledged, 0.99),
      note,
    ),
    ours(
      { id: "channels.updates", what: "updates acknowledged a second", unit: "/s", better: "higher", bar: 150 },
      perSecond,
      note,
    ),
    ours(
      { id: "channels.placeholder.p50", what: "update → placeholder, p50", unit: "ms", better: "lower", bar: 100 },
      median(placed),
      spaced,
    ),
    ours(
      { id: "channels.placeholder.p99", what: "update → placeholder, p99", unit: "ms", better: "lower", bar: 400 },
      percentile(placed, 0.99),
      spaced,
    ),
  ];
}

const ours = (row: Omit<Row, "ours" | "peer" | "note">, value: number, note: string): Row => ({
  ...row,
  ours: value,
  peer: null,
  note,
});

/** Milliseconds from the update's post to the message that stands in its chat. */
async function placeholder(
  telegram: Awaited<ReturnType<typeof startFakeTelegram>>,
  chat: number,
  post: () => Promise<unknown>,
): Promise<number> {
  const began = performance.now();
  const standing = telegram.waitFor((call) => call.method === "sendMessage" && call.params.chat_id === chat);
  await post();
  await standing;
  return performance.now() - began;
}

async function apart(telegram: Telegram, post: Post): Promise<{ placed: number[]; alone: number[] }> {
  // Apart from each other, as people write: back to back it would be the bot's own limit of calls that is measured.
  const placed: number[] = [];
  const alone: number[] = [];
  for (let index = 0; index < 40; index += 1) {
    const chat = 1_000 + index;
    const own = async () => void alone.push(await post(chat, "hello [[say: one two three]]"));
    placed.push(await placeholder(telegram, chat, own));
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return { placed, alone };
}
