/** The one queue of Admin, Access: a device and a person on a channel ask at the same time, and each is decided there. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeTelegram, startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { createTestDevice } from "../support/device.ts";
import { openRaw, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { messageUpdate, strangerId } from "../support/telegram.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

let telegram: FakeTelegram;
let server: Server;
let browser: Browser;
beforeAll(async () => {
  [telegram, browser] = await Promise.all([startFakeTelegram(), launchBrowser()]);
  server = await startServer({ env: { TELEGRAM_API_BASE_URL: telegram.url, TELEGRAM_BOT_TOKEN: testToken } });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
  await telegram?.close();
});

/** A device that nobody knows asks, and stays away. */
async function knock(displayName: string): Promise<void> {
  const device = await createTestDevice();
  const socket = await openRaw(server.url);
  const challenge = (await socket.frame((frame) => frame.event === "connect.challenge")).payload as { nonce: string; ts: number };
  const connect = await device.connect({ nonce: challenge.nonce, signedAt: challenge.ts, client: { displayName } });
  socket.send(request("hello", "connect", connect));
  await socket.frame((frame) => frame.id === "hello");
}

test.each([
  [360, true],
  [1280, false],
])("a device and a sender wait side by side and are decided there, at %i px, dark %s", async (width, dark) => {
  const { events } = await server.run("link");
  const { page, faults, context } = await openSurface(browser, String(events[0]?.link), { width, dark });
  await isReady(page);
  await page.goto(`${server.url}#/admin/access`);
  await page.getByText("Nobody asks.").waitFor();
  const from = strangerId + width;
  const [device, sender] = [`Tablet ${width}`, `Sam ${width}`];
  telegram.push(messageUpdate({ from, name: sender, text: "hello?" }));
  await knock(device);
  const queue = page.getByRole("list", { name: "Waiting for you" });
  const asking = (name: string) => queue.getByRole("listitem").filter({ hasText: name });
  await asking(device).waitFor();
  await asking(sender).waitFor();
  await fitsWidth(page);
  expect(await barriers(page)).toEqual([]);
  const code = (await asking(sender).locator(".font-mono").innerText()).trim();
  await telegram.waitFor((call) => call.method === "sendMessage" && JSON.stringify(call).includes(code));
  await asking(sender).getByRole("button", { name: "Let in as a guest" }).click();
  await asking(sender).waitFor({ state: "detached" });
  await asking(device).getByRole("button", { name: "Reject" }).click();
  await page.getByText("Nobody asks.").waitFor();
  const answered = telegram.calls.length;
  telegram.push(messageUpdate({ from, name: sender, text: "help, what can you do?" }));
  await telegram.waitFor(
    (call) =>
      telegram.calls.indexOf(call) >= answered && call.method === "sendMessage" && JSON.stringify(call).includes(`${from}`),
  );
  expect(faults).toEqual([]);
  await context.close();
});
