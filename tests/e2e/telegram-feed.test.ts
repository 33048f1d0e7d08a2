/** How Telegram's updates arrive, and everything that can be wrong with a bot: judged by what the fake Bot API saw. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChannelAccountRow } from "../../packages/protocol/src/channels.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { type FakeTelegram, startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { messageUpdate, ownerId, standing } from "../support/telegram.ts";

let telegram: FakeTelegram;
let provider: FakeProvider;
let server: Server;
let client: RecordingClient;
const publicUrl = "https://assistant.example.com";

beforeAll(async () => {
  telegram = await startFakeTelegram();
  provider = await startFakeProvider();
  server = await startServer({
    env: {
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: "test-key",
      MOLTWORKER_MODEL: "openai-compatible/fake-1",
      TELEGRAM_BOT_TOKEN: testToken,
      TELEGRAM_DM_POLICY: "allowlist",
      TELEGRAM_DM_ALLOW_FROM: String(ownerId),
      TELEGRAM_API_BASE_URL: telegram.url,
    },
  });
  client = await connectClient(server.url, { dataDir: server.dataDir });
}, 60_000);
afterAll(async () => {
  client?.close();
  await server?.dispose();
  await provider?.close();
  await telegram?.close();
});

const patch = (channels: object) => client.request("config.patch", { raw: JSON.stringify({ channels }) });
const account = (change: object) => patch({ accounts: { telegram: { default: change } } });

async function row(accountId = "default"): Promise<ChannelAccountRow> {
  const { channelAccounts } = await client.request("channels.status", { probe: true });
  return channelAccounts.telegram?.find((one) => one.accountId === accountId) as ChannelAccountRow;
}

async function until(fits: (row: ChannelAccountRow) => boolean): Promise<ChannelAccountRow> {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const now = await row();
    if (fits(now)) return now;
    if (Date.now() > end) throw new Error(`the account is: ${JSON.stringify(now)}`);
  }
}

const local = (path: string) => `${server.url.replace(/\/$/, "")}${path}`;
const messageCount = async () => (await client.request("channels.messages.list", { limit: 200 })).messages.length;

describe("without a public address", () => {
  test("it polls, and says why", async () => {
    expect(await until((now) => now.state === "ready")).toMatchObject({
      mode: "polling",
      modeReason: "The assistant has no public https address.",
      handle: "@molt_test_bot",
      dmPolicy: "allowlist",
      tokenSource: "environment",
    });
  });

  test("another program on the same bot is named, and polling goes on when it stops", async () => {
    telegram.conflict = true;
    telegram.push(messageUpdate({ text: "during-conflict [[say: heard after all]]" }));
    const now = await until((one) => one.error !== null);
    expect(now).toMatchObject({ state: "degraded", error: { details: { code: "CHANNEL_CONFLICT" } } });
    telegram.conflict = false;
    await standing(telegram, ownerId, (text) => text === "heard after all", 60_000);
    await until((one) => one.state === "ready");
  });
});

describe("with a public address", () => {
  test("it takes a webhook with a secret, on a path of its account", async () => {
    await patch({ publicUrl });
    expect(await until((now) => now.mode === "webhook")).toMatchObject({ webhookUrl: `${publicUrl}/channels/telegram/default` });
    expect(telegram.webhook.secret).toMatch(/^[\w-]{32,}$/);
  });

  test("a forged call is refused, and changes nothing", async () => {
    const before = await messageCount();
    const url = local("/channels/telegram/default");
    const update = { update_id: 900, ...messageUpdate({ text: "forged-1" }) };
    expect(await telegram.post(update, { url, secret: "wrong" })).toBe(403);
    expect(await telegram.post(update, { url, secret: "" })).toBe(403);
    expect(await telegram.post(update, { url: local("/channels/telegram/other") })).toBe(404);
    expect(await telegram.post(update, { url: local("/channels/slack/default") })).toBe(404);
    expect((await fetch(url)).status).toBe(403);
    const huge = { update_id: 901, ...messageUpdate({ text: "x".repeat(1_100_000) }) };
    expect(await telegram.post(huge, { url })).toBe(413);
    expect(await messageCount()).toBe(before);
    expect(provider.requests.some((request) => JSON.stringify(request.body).includes("forged-1"))).toBe(false);
  });

  test("an update is taken once, however often it comes", async () => {
    const url = local("/channels/telegram/default");
    const update = { update_id: 950, ...messageUpdate({ text: "thrice-1 [[say: said once]]" }) };
    expect(await Promise.all([1, 2, 3].map(() => telegram.post(update, { url })))).toEqual([200, 200, 200]);
    await standing(telegram, ownerId, (text) => text === "said once");
    expect(await telegram.post(update, { url })).toBe(200);
    expect(provider.requests.filter((request) => JSON.stringify(request.body).includes("thrice-1"))).toHaveLength(1);
    expect(telegram.chats.texts(ownerId).filter((text) => text === "said once")).toHaveLength(1);
  });

  test("a webhook that Telegram cannot reach is named, and polling stands in", async () => {
    telegram.push(messageUpdate({ text: "waiting-1 [[say: fetched]]" }));
    const now = await until((one) => one.mode === "polling");
    expect(now.modeReason).toContain("could not reach the webhook");
    await standing(telegram, ownerId, (text) => text === "fetched");
    await account({ mode: "webhook" });
    await until((one) => one.mode === "webhook");
  });

  test("another installation that takes the webhook is named and not fought; connecting again takes it back", async () => {
    telegram.webhookError = undefined;
    telegram.webhook = { url: "https://elsewhere.example.net/hook", secret: "x" };
    expect((await until((one) => one.error !== null)).error?.message).toContain("elsewhere.example.net");
    expect(telegram.webhook.url).toContain("elsewhere");
    await client.request("channels.connect", { channel: "telegram", secrets: { token: testToken } });
    await until((one) => one.state === "ready");
    expect(telegram.webhook.url).toBe(`${publicUrl}/channels/telegram/default`);
  });
});

describe("tokens", () => {
  test("a new one works at once, without a restart, and what waited is sent", async () => {
    await account({ mode: "polling" });
    await until((one) => one.mode === "polling");
    telegram.rotate("7000000001:BBrotatedrotatedrotatedrotatedrotated");
    const { send } = await client.request("channels.sendTest", { channel: "telegram" });
    await until((one) => one.error?.details.code === "CHANNEL_TOKEN_REJECTED");
    expect(telegram.chats.texts(ownerId).some((text) => text.includes("test message"))).toBe(false);
    await client.request("channels.connect", { channel: "telegram", secrets: { token: telegram.token } });
    await standing(telegram, ownerId, (text) => text.includes("test message"));
    for (let state = send.state; state !== "confirmed"; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const { sends } = await client.request("channels.outbox.list", { limit: 200 });
      state = sends.find((one) => one.id === send.id)?.state ?? "dead";
      expect(state).not.toBe("dead");
    }
  });

  test("two bots are two accounts", async () => {
    const second = await startFakeTelegram({ token: "7000000002:CCsecondsecondsecondsecondsecondsec" });
    const options = { apiBaseUrl: second.url };
    await patch({ accounts: { telegram: { work: { owners: [String(ownerId)], mode: "polling", options } } } });
    await client.request("channels.connect", { channel: "telegram", accountId: "work", secrets: { token: second.token } });
    second.push(messageUpdate({ text: "second-1 [[say: from the second bot]]" }));
    await standing(second, ownerId, (text) => text === "from the second bot");
    expect(telegram.chats.texts(ownerId)).not.toContain("from the second bot");
    await client.request("channels.logout", { channel: "telegram", accountId: "work" });
    expect((await row("work")).state).toBe("unconfigured");
    await second.close();
  });

  test("settings that came from the environment are not taken again over what was set here", async () => {
    await account({ dmPolicy: "disabled", owners: ["424242"], allowFrom: ["424242", "434343"] });
    await client.request("channels.senders.set", { channel: "telegram", senderId: "454545", role: "guest" });
    await server.stop();
    await server.restart();
    client.close();
    client = await connectClient(server.url, { dataDir: server.dataDir });
    expect((await until((one) => one.state === "ready")).dmPolicy).toBe("disabled");
    // The token that was typed here is not the environment's, which Telegram no longer takes.
    expect(await row()).toMatchObject({ tokenSource: "typed" });
    const people = (await client.request("channels.senders.list", { channel: "telegram", accountId: "default" })).senders;
    const roles = new Map(people.map((one) => [one.senderId, one.role]));
    expect(["424242", "434343", "454545", String(ownerId)].map((id) => roles.get(id))).toEqual([
      "owner",
      "guest",
      "guest",
      undefined,
    ]);
  });

  test("an option that is not valid stops this account alone, and is named", async () => {
    await account({ options: { apiBaseUrl: "nowhere" } });
    const now = await row();
    expect(now).toMatchObject({ state: "failed", error: { details: { code: "CONFIG_INVALID" } } });
    expect(now.error?.message).toContain("channels.accounts.telegram.default.options");
  });

  test("no token is in any log line", () => {
    expect(JSON.stringify(server.events)).not.toMatch(/fakefakefake|rotatedrotated|secondsecond/);
  });
});
