/** Telegram where no process stays up: as `wrangler.jsonc` deploys the Worker, polling is a chain of alarms that nobody's visit has to begin. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeTelegram, startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { type CloudflareWorker, startCloudflareWorker } from "../support/cloudflare-worker.ts";
import { messageUpdate, ownerId, standing } from "../support/telegram.ts";

let telegram: FakeTelegram;
let worker: CloudflareWorker;
beforeAll(async () => {
  telegram = await startFakeTelegram();
  worker = await startCloudflareWorker({
    MOLTBOT_GATEWAY_TOKEN: "a gateway token of this test",
    TELEGRAM_BOT_TOKEN: testToken,
    TELEGRAM_DM_ALLOW_FROM: String(ownerId),
    TELEGRAM_API_BASE_URL: telegram.url,
  });
}, 120_000);
afterAll(async () => {
  await worker?.dispose();
  await telegram?.close();
});

test("the object polls once it was woken, and answers", async () => {
  // The first request of all makes the object; from then on it wakes itself.
  expect((await fetch(new URL("/readyz", worker.url))).status).toBe(200);
  telegram.push(messageUpdate({ text: "/whoami" }));
  await standing(telegram, ownerId, (text) => text.includes("You are the owner here"), 60_000);
});

test("after a new deployment nobody has to come by: the alarm wakes it, and what waited is answered", async () => {
  await worker.restart();
  telegram.push(messageUpdate({ text: "/help" }));
  await standing(telegram, ownerId, (text) => text.includes("Write to me, or use"), 90_000);
});
