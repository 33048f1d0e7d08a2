/** Drives Telegram against the whole product: updates posted to its webhook as Telegram posts them, while its tree is killed. */

import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { type FakeTelegram, startFakeTelegram, type TelegramFault, testToken } from "../fakes/telegram.ts";
import type { TelegramCall } from "../fakes/telegram-methods.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { createRandom, type Random } from "../support/random.ts";
import { type CommandEvent, type Server, startServer } from "../support/server.ts";
import { messageUpdate } from "../support/telegram.ts";

/** One bot with a fake Bot API server of its own. */
export interface Bot {
  account: string;
  telegram: FakeTelegram;
}

export interface World {
  bots: Bot[];
  provider: FakeProvider;
  server: Server;
  client: RecordingClient;
  /** Posts one update until it is taken, as Telegram does. */
  post(told: Told): Promise<void>;
  /** Every call that any bot's server saw. */
  calls(): TelegramCall[];
  /** What stands in the chat. */
  texts(told: Pick<Told, "bot" | "chat">): string[];
  /** The product's log lines over all its lives. */
  logs(): CommandEvent[];
  /** `kill -9` of the tree, and a new one on the same folder and port. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Telegram takes thirty calls a second of one bot; several bots of one assistant are what a large number is spread over. */
export async function startChannelWorld(
  botCount: number,
  fault?: (call: TelegramCall, index: number) => TelegramFault | undefined,
): Promise<World> {
  const bots = await Promise.all(
    Array.from({ length: botCount }, async (_, index): Promise<Bot> => {
      const account = index === 0 ? "default" : `bot${index}`;
      return { account, telegram: await startFakeTelegram({ token: testToken.replace("7000000001", `700000000${index + 1}`) }) };
    }),
  );
  const provider = await startFakeProvider();
  const server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "test-key",
      MOLTWORKER_MODEL: "openai-compatible/fake-1",
    },
  });
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  // The webhook is registered for an address of the world; the test, being Telegram, knows the way past it.
  const accounts = bots.map(({ account, telegram }) => [
    account,
    { dmPolicy: "open", mode: "webhook", queueMode: "followup", options: { apiBaseUrl: telegram.url } },
  ]);
  const channels = { publicUrl: "https://assistant.example.com", accounts: { telegram: Object.fromEntries(accounts) } };
  await client.request("config.patch", { raw: JSON.stringify({ channels }) });
  for (const { account, telegram } of bots) {
    const secrets = { token: telegram.token };
    await client.request("channels.connect", { channel: "telegram", accountId: account, secrets });
    await telegram.waitFor((call) => call.method === "setWebhook");
    telegram.fault = fault;
  }
  const hooks = bots.map(({ account, telegram }) => ({
    telegram,
    secret: telegram.webhook.secret,
    url: `${server.url.replace(/\/$/, "")}/channels/telegram/${account}`,
  }));
  const past: CommandEvent[] = [];
  return {
    bots,
    provider,
    server,
    client,
    async post({ bot, update }) {
      const { telegram, secret, url } = hooks[bot] as (typeof hooks)[number];
      while ((await telegram.post(update, { secret, url }).catch(() => 0)) !== 200) await pause(40);
    },
    calls: () => bots.flatMap(({ telegram }) => telegram.calls),
    texts: ({ bot, chat }) => bots[bot]?.telegram.chats.texts(chat) ?? [],
    logs: () => [...past, ...server.events],
    async kill() {
      await server.killTree();
      past.push(...server.events);
      await server.restart();
    },
    async close() {
      client.close();
      await server.dispose();
      await provider.close();
      await Promise.all(bots.map(({ telegram }) => telegram.close()));
    },
  };
}

export interface Told {
  token: string;
  /** Which one it is for. */
  bot: number;
  chat: number;
  update: { update_id: number };
}

/** Unique updates, spread over bots and chats; each wants an answer that can be recognised. */
export function makeUpdates(count: number, spread: { chats: number; bots: number }, random: Random): Told[] {
  return Array.from({ length: count }, (_, index) => {
    const chat = 1_000_000 + (index % spread.chats);
    const token = `tok${index}x${random.below(1e6).toString(36)}`;
    const slow = random.chance(0.3) ? `[[delay: ${1 + random.below(15)}]]` : `[[wait: ${random.below(40)}]]`;
    const text = `[[say: the answer to this one is ${token}.]] ${slow}`;
    return {
      token,
      bot: chat % spread.bots,
      chat,
      update: { update_id: 700_000_000 + index, ...messageUpdate({ from: chat, text }) },
    };
  });
}

/** Each update `times` times, in a random order. */
export function shuffled(told: readonly Told[], times: number, seed: number): Told[] {
  const random = createRandom(seed);
  const all = told.flatMap((one) => Array.from({ length: times }, () => one));
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [all[index], all[other]] = [all[other] as Told, all[index] as Told];
  }
  return all;
}

export const answerTo = (token: string) => `the answer to this one is ${token}.`;

/** Resolves when every answer stands in its chat; ends early with what is missing after `quietMs` without any progress. */
export async function allAnswered(world: World, told: readonly Told[], quietMs: number): Promise<void> {
  let best = -1;
  let since = Date.now();
  for (;;) {
    const standing = told.length - missing(world, told).length;
    if (standing === told.length) return;
    if (standing > best) {
      best = standing;
      since = Date.now();
    }
    if (Date.now() - since > quietMs) return;
    await pause(500);
  }
}

function missing(world: World, told: readonly Told[]): Told[] {
  return [...Map.groupBy(told, ({ chat }) => chat).values()].flatMap((own) => {
    const texts = new Set(own[0] ? world.texts(own[0]) : []);
    return own.filter(({ token }) => !texts.has(answerTo(token)));
  });
}
