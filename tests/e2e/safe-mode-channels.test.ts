/**
 * A channel that cannot start, planted in the file of a stopped assistant: it is switched off and named where somebody looks,
 * and the other channel, the conversation and the settings work as ever. Once the fault is gone it is there again.
 */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { testToken } from "../fakes/telegram.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { openDatabaseFile } from "../support/snapshot-host.ts";
import { guestId, standing } from "../support/telegram.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";
import { barriers, fitsWidth, isReady, reads, say } from "../support/ui.ts";
import { type Receiver, signedStandard, startReceiver } from "../support/webhooks.ts";

const secret = "a secret that both sides have";
const pictures = process.env.UI_PICTURES;
let browser: Browser;
let world: TelegramWorld;
let receiver: Receiver;
let client: RecordingClient;
let sent = 0;

beforeAll(async () => {
  [browser, receiver, world] = await Promise.all([launchBrowser(), startReceiver(), startTelegramWorld()]);
  client = world.client;
  const app = { dmPolicy: "open", allowFrom: ["*"], options: { url: receiver.url } };
  await world.channels({ accounts: { webhook: { app }, telegram: { default: { ackReaction: "off" } } } });
  await client.request("channels.connect", { channel: "webhook", accountId: "app", secrets: { secret } });
  await telegramAnswers("before");
}, 90_000);
afterAll(async () => {
  client?.close();
  await browser?.close();
  await world?.close();
  await receiver?.close();
});

/** Takes a planted fault away, whatever came of the test. */
let mend: ((db: File) => void) | undefined;
afterEach(async () => {
  if (mend) await plant(mend, env());
  mend = undefined;
});

type File = ReturnType<typeof openDatabaseFile>;

async function plant(work: (db: File) => void, env?: Record<string, string>): Promise<void> {
  client.close();
  await world.server.stop();
  const db = openDatabaseFile(world.server.dataDir);
  work(db);
  db.close();
  await world.server.restart(env);
  client = await connectClient(world.server.url, { dataDir: world.server.dataDir });
}

const env = (more: Record<string, string> = {}) => ({
  ...{ TELEGRAM_BOT_TOKEN: testToken, TELEGRAM_DM_ALLOW_FROM: `${guestId}` },
  ...{ OPENAI_COMPATIBLE_BASE_URL: `${world.provider.url}/v1`, OPENAI_COMPATIBLE_API_KEY: "test-key" },
  ...{ MOLTWORKER_MODEL: "openai-compatible/fake-1", TELEGRAM_API_BASE_URL: world.telegram.url },
  ...more,
});

async function telegramAnswers(word: string): Promise<void> {
  world.say({ from: guestId, text: `[[say: it is ${word}]]` });
  await standing(world.telegram, guestId, (text) => text === `it is ${word}`);
}

/** The other channel answers, and a person in the browser is answered too. */
async function restWorks(word: string): Promise<void> {
  expect((await fetch(new URL("readyz", world.server.url))).status).toBe(200);
  const before = receiver.received.length;
  const body = JSON.stringify({ text: `[[say: ${word}]]`, sender: "ada", chatId: "room-1" });
  const headers = { "content-type": "application/json", ...signedStandard(secret, body, `post-${++sent}`) };
  expect((await fetch(`${world.server.url}channels/webhook/app`, { method: "POST", headers, body })).status).toBe(200);
  await receiver.reaches(before + 1);
  expect(JSON.stringify(receiver.received.at(-1))).toContain(word);
  await client.request("config.patch", { raw: JSON.stringify({ agent: { name: `Afloat ${word}` } }) });
}

const check = async (id: string) => {
  const { checks } = await client.request("doctor.run", {}, { timeoutMs: 60_000 });
  return checks.find((one) => one.id === id);
};
const states = async () => {
  const { channelAccounts } = await client.request("channels.status", {});
  return Object.entries(channelAccounts).flatMap(([channel, accounts]) => accounts.map(({ state }) => `${channel} ${state}`));
};

/** The pages of the admin that speak of it; the conversation is answered. */
async function isShown(words: RegExp, pages: string[], [width, dark]: [number, boolean], name: string): Promise<void> {
  const { events } = await world.server.run("link");
  const surface = await openSurface(browser, String(events.at(-1)?.link), { width, dark });
  const { page } = surface;
  await isReady(page);
  await say(page, `hello from ${name}`);
  await reads(page, /\S/);
  for (const where of pages) {
    await page.goto(`${world.server.url}#/admin/${where}`);
    await page.getByText(words).filter({ visible: true }).first().waitFor({ timeout: 60_000 });
    await fitsWidth(page);
    expect(await barriers(page)).toEqual([]);
    if (pictures) await page.screenshot({ path: `${pictures}/${name}-${where}-${width}.png`, fullPage: true });
  }
  expect(surface.faults).toEqual([]);
  await surface.context.close();
}

it("settings that the channel cannot begin with switch that account off, and name it", async () => {
  const spoil = (db: File, change: (options: Record<string, unknown>) => void) => {
    const { value } = db.prepare("SELECT value FROM config WHERE section = 'channels'").get() as { value: string };
    const stored = JSON.parse(value) as { accounts: { telegram: { default: { options?: Record<string, unknown> } } } };
    const account = stored.accounts.telegram.default;
    account.options ??= {};
    change(account.options);
    db.prepare("UPDATE config SET value = ? WHERE section = 'channels'").run(JSON.stringify(stored));
  };
  mend = (db) => spoil(db, (options) => delete options.pollSeconds);
  await plant((db) =>
    spoil(db, (options) => {
      options.pollSeconds = "often";
    }),
  );
  await expect.poll(states, { timeout: 20_000 }).toEqual(expect.arrayContaining(["telegram failed", "webhook ready"]));
  const named = await check("channels");
  expect(named?.verdict).toBe("fail");
  expect(JSON.stringify(named)).toMatch(/telegram \(default\).*channels\.accounts\.telegram\.default\.options\.pollSeconds/);
  await restWorks("beside wrong settings");
  await isShown(
    /channels\.accounts\.telegram\.default\.options\.pollSeconds/i,
    ["health", "channels"],
    [360, true],
    "channel-settings",
  );
  await plant(mend);
  mend = undefined;
  await telegramAnswers("well again");
});

it("rows of a channel that are no JSON go into quarantine, and the channel answers", async () => {
  const poisoned: [table: string, column: string][] = [
    ["channel_accounts", "identity"],
    ["channel_messages", "event"],
    ["outbox", "body"],
    ["outbox", "place"],
    ["channel_buttons", "action"],
  ];
  await plant((db) => {
    const { run } = db.prepare("SELECT max(answered_run) AS run FROM channel_messages").get() as { run: string };
    db.exec("UPDATE channel_accounts SET identity = '{half' WHERE channel = 'telegram'");
    // One that waits to be worked on, one that waits to be sent, each with a good one behind it in the same chat.
    const copy = (table: string, id: string, change: Record<string, unknown>) => {
      const row = { ...(db.prepare(`SELECT * FROM ${table} WHERE channel = 'telegram' LIMIT 1`).get() as object), id, ...change };
      const names = Object.keys(row);
      const places = names.map(() => "?").join(", ");
      db.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`).run(...(Object.values(row) as string[]));
    };
    const waits = { fate: "received", event: "{half", run_id: null, answered_run: null, settled_at: null, due_at: 1 };
    copy("channel_messages", "chm_poisoned", { ...waits, update_id: "900000001", session_key: null });
    for (const [id, change] of [
      ["out_body", { body: '{"markdown":' }],
      ["out_place", { place: "" }],
    ] as const)
      copy("outbox", id, { ...change, dedupe_key: id, state: "prepared", receipt: null, run_id: run, due_at: 1 });
    db.exec(
      "INSERT INTO channel_buttons (token, set_id, channel, account, chat_id, outbox_id, action, expires_at) VALUES ('t', 's', 'telegram', 'default', '1', 'o', 'press me', 99999999999999)",
    );
  });
  await telegramAnswers("not poisoned");
  await restWorks("beside poisoned rows");
  expect(await states()).toEqual(expect.arrayContaining(["telegram ready", "webhook ready"]));
  const db = openDatabaseFile(world.server.dataDir);
  const kept = db.prepare("SELECT source, content FROM quarantine").all() as { source: string; content: string }[];
  db.close();
  for (const [table] of poisoned) expect(kept.map(({ source }) => source)).toContain(table);
  expect(kept.filter(({ source }) => source === "outbox").length).toBe(2);
  expect(kept.find(({ source }) => source === "channel_messages")?.content).toContain("chm_poisoned");
  expect(JSON.stringify(await check("quarantine"))).toMatch(/channel_messages/);
});

it("a channel's token and a provider's key that cannot be taken over from the environment are named; everything else starts", async () => {
  mend = (db) => db.exec("DROP TRIGGER planted");
  await plant(
    (db) =>
      db.exec(
        "CREATE TRIGGER planted BEFORE INSERT ON secrets WHEN NEW.name LIKE 'channel.telegram.%' BEGIN SELECT RAISE(ABORT, 'a planted fault'); END",
      ),
    env({ TELEGRAM_BOT_TOKEN: `${testToken}x`, ANTHROPIC_API_KEY: "x".repeat(9_000) }),
  );
  const named = await check("parts");
  expect(named?.verdict).toBe("fail");
  expect(JSON.stringify(named)).toMatch(/channel\.telegram\.default\.token \(.*a planted fault/);
  // A key of a provider as well: the others answer.
  expect(JSON.stringify(named)).toMatch(/provider\.anthropic\.key \(.*longer than 8192 bytes/);
  await restWorks("beside a token");
  // The one from before still works.
  await telegramAnswers("with its old token");
  await plant(mend, env());
  mend = undefined;
  expect((await check("parts"))?.verdict).toBe("ok");
});

it("channels that throw while they wake are named as a part, and the conversation works", async () => {
  mend = (db) => db.exec("DROP TRIGGER planted");
  await plant((db) =>
    db.exec(
      "CREATE TRIGGER planted BEFORE INSERT ON timers WHEN NEW.name LIKE 'channels.%' BEGIN SELECT RAISE(ABORT, 'a planted fault'); END; DELETE FROM timers WHERE name LIKE 'channels.%'",
    ),
  );
  const named = await check("parts");
  expect(JSON.stringify(named)).toMatch(/channels \(.*a planted fault/);
  await isShown(/a planted fault/, ["health"], [1280, false], "channels-part");
  await plant(mend);
  mend = undefined;
  expect((await check("parts"))?.verdict).toBe("ok");
  await telegramAnswers("awake again");
});
