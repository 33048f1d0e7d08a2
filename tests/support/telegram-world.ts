/** The whole product with Telegram: the fake Bot API, the fake provider, a server that polls, a signed-in client. */

import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { type FakeTelegram, startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { connectClient, type RecordingClient } from "./client.ts";
import { type Server, startServer } from "./server.ts";
import { guestId, messageUpdate, ownerId, type Words } from "./telegram.ts";

export interface TelegramWorld {
  telegram: FakeTelegram;
  provider: FakeProvider;
  server: Server;
  client: RecordingClient;
  /** One more message for the bot. */
  say(words: Words): number;
  /** Settings of the account, or of all channels. */
  account(change: object, accountId?: string): Promise<unknown>;
  channels(change: object): Promise<unknown>;
  /** Requests to the provider that carry this text. */
  asked(text: string): FakeProvider["requests"];
  close(): Promise<void>;
}

/** `ANTHROPIC_BASE_URL: "provider"` is the fake provider's own address. */
export async function startTelegramWorld(env: Record<string, string> = {}): Promise<TelegramWorld> {
  const telegram = await startFakeTelegram();
  const provider = await startFakeProvider();
  const server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "test-key",
      MOLTWORKER_MODEL: "openai-compatible/fake-1",
      TELEGRAM_BOT_TOKEN: testToken,
      TELEGRAM_DM_ALLOW_FROM: `${ownerId},${guestId}`,
      TELEGRAM_API_BASE_URL: telegram.url,
      ...env,
      ...(env.ANTHROPIC_BASE_URL === "provider" ? { ANTHROPIC_BASE_URL: `${provider.url}/v1` } : {}),
    },
  });
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const channels = (change: object) => client.request("config.patch", { raw: JSON.stringify({ channels: change }) });
  return {
    ...{ telegram, provider, server, client, channels },
    say: (words) => telegram.push(messageUpdate(words)),
    account: (change, accountId = "default") => channels({ accounts: { telegram: { [accountId]: change } } }),
    asked: (text) => provider.requests.filter((request) => JSON.stringify(request.body).includes(text)),
    async close() {
      client.close();
      await server.dispose();
      await provider.close();
      await telegram.close();
    },
  };
}
