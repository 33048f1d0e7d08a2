/** Channels in a real Chromium and from the command line: connect, live test, a stranger let in, what did not arrive, webhooks. */

import { spawn } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeTelegram, startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { commandPath, type Server, startServer } from "../support/server.ts";
import { messageUpdate, ownerId, strangerId } from "../support/telegram.ts";
import { barriers, fitsWidth } from "../support/ui.ts";
import { type Receiver, signedStandard, startReceiver } from "../support/webhooks.ts";

let telegram: FakeTelegram;
let receiver: Receiver;
let server: Server;
let browser: Browser;
let owner: RecordingClient;
beforeAll(async () => {
  [telegram, receiver, browser] = await Promise.all([startFakeTelegram(), startReceiver(), launchBrowser()]);
  server = await startServer({ env: { TELEGRAM_API_BASE_URL: telegram.url } });
  owner = await connectClient(server.url, { dataDir: server.dataDir, caps: ["resume"] });
}, 60_000);
afterAll(async () => {
  owner?.close();
  await browser?.close();
  await server?.dispose();
  await telegram?.close();
  await receiver?.close();
});

async function open(options: Parameters<typeof openSurface>[2], path = "channels"): Promise<Surface> {
  const surface = await openSurface(browser, (await server.run("link")).events[0]?.link as string, options);
  await surface.page.getByText(/^Connected/).waitFor({ state: "attached" });
  await surface.page.goto(`${server.url}#/admin/${path}`);
  return surface;
}

/** Everybody can use the page, at this width. */
async function isSound({ page, faults }: Surface): Promise<void> {
  expect(await barriers(page)).toEqual([]);
  await fitsWidth(page);
  expect(faults).toEqual([]);
}

test("a wrong token is refused with its cure, the right one is connected and tried with a live message", async () => {
  const surface = await open({ width: 360 });
  const { page } = surface;
  await page.getByRole("button", { name: "Connect Telegram" }).click();
  await page.getByLabel("Bot token").fill("7000000001:not-the-right-token-at-all-000000");
  await page.getByRole("button", { name: "Test and connect Telegram" }).click();
  await page
    .getByRole("alert")
    .getByText(/does not accept/)
    .waitFor();
  await page.getByLabel("Bot token").fill(testToken);
  await page.getByRole("button", { name: "Test and connect Telegram" }).click();
  const account = page.locator("[data-account='telegram:default'][data-state=ready]");
  await account.waitFor();
  await account.getByText("Ready").waitFor();
  await account.getByRole("button", { name: "Send it" }).click();
  await account.getByText(/Write to the bot first/).waitFor();
  await account.getByLabel("Send a test message to").fill(String(ownerId));
  await account.getByRole("button", { name: "Send it" }).click();
  await account.getByText(/It arrived; the provider's receipt is \d+/).waitFor();
  expect(telegram.calls.some((call) => call.method === "sendMessage" && JSON.stringify(call).includes("test message"))).toBe(
    true,
  );
  await isSound(surface);
  await surface.context.close();
});

test("a stranger asks; the page shows the same code; let in as the owner, their messages have a fate and a receipt", async () => {
  const surface = await open({ dark: true });
  const { page } = surface;
  telegram.push(messageUpdate({ from: ownerId, name: "Ada", text: "hello?" }));
  const asked = page.locator("[data-pairing]");
  await asked.waitFor();
  const code = (await asked.locator(".font-mono").innerText()).trim();
  const shown = await telegram.waitFor((call) => call.method === "sendMessage" && JSON.stringify(call).includes(code));
  expect(JSON.stringify(shown)).toContain(String(ownerId));
  await isSound(surface);
  await asked.getByRole("button", { name: "This is me" }).click();
  await asked.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "People" }).click();
  await page.getByRole("list", { name: "People" }).getByText("Ada").waitFor();
  await isSound(surface);
  telegram.push(messageUpdate({ from: ownerId, name: "Ada", text: "help, what can you do?" }));
  await page.getByRole("link", { name: "Messages" }).click();
  const message = page.locator("[data-fate=answered]", { hasText: "help, what can you do?" });
  await message.getByText(/arrived, receipt \d+/).waitFor({ timeout: 30_000 });
  await page.locator("[data-fate=refused]").first().waitFor();
  await isSound(surface);
  await surface.context.close();
});

test("what did not arrive waits for a person and is sent again", async () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const account = { dmPolicy: "open", allowFrom: ["*"], options: { url: receiver.url } };
  await owner.request("config.patch", { raw: JSON.stringify({ channels: { accounts: { webhook: { default: account } } } }) });
  await owner.request("channels.connect", { channel: "webhook", secrets: { secret } });
  receiver.next.push(400);
  const body = JSON.stringify({ text: "hello", sender: "app" });
  await fetch(`${server.url}channels/webhook/default`, {
    method: "POST",
    headers: { "content-type": "application/json", ...signedStandard(secret, body, "ui-1") },
    body,
  });
  const surface = await open({});
  const { page } = surface;
  const lost = page.getByRole("list", { name: "Did not arrive" });
  await lost.getByText(/the receiver answered 400/).waitFor();
  await isSound(surface);
  await lost.getByRole("button", { name: "Send again" }).click();
  await lost.waitFor({ state: "detached" });
  await receiver.reaches(2);
  await surface.context.close();
});

test("webhooks are switched on, the token is shown once and works", async () => {
  const surface = await open({ width: 360, dark: true }, "channels/webhooks");
  const { page } = surface;
  await page.getByRole("button", { name: "Switch webhooks on" }).click();
  await page.getByRole("button", { name: "Make the hook token" }).click();
  const token = await page.getByRole("region", { name: "The new hook token" }).locator("[data-secret]").innerText();
  await isSound(surface);
  await page.getByRole("button", { name: "I have kept it" }).click();
  expect(await page.content()).not.toContain(token);
  const answer = await fetch(`${server.url}hooks/agent`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ message: "help", name: "CI" }),
  });
  expect(answer.status).toBe(200);
  await page.reload();
  await page.getByRole("list", { name: "Deliveries" }).getByText("agent").waitFor();
  await surface.context.close();
});

test("the command line: status, pairing, live test, and a secret that is read from standard input", async () => {
  const status = await server.run("channels", "status");
  expect(status.events[0]).toMatchObject({ type: "channels", accounts: [{ channel: "telegram", state: "ready" }, {}] });
  telegram.push(messageUpdate({ from: strangerId, name: "Bob", text: "hi" }));
  await telegram.waitFor((call) => call.method === "sendMessage" && JSON.stringify(call).includes(String(strangerId)));
  const waiting = await server.run("channels", "pair", "list");
  const [asked] = (waiting.events[0]?.pairings ?? []) as { code: string }[];
  expect((await server.run("channels", "pair", "approve", "WRONG-22")).code).not.toBe(0);
  const approved = await server.run("channels", "pair", "approve", asked?.code ?? "");
  expect(approved.events[0]).toMatchObject({ type: "sender", sender: { name: "Bob", role: "guest" } });
  const sent = await server.run("channels", "test", "telegram", "--to", String(strangerId));
  expect(sent.events[0]).toMatchObject({ type: "send", send: { state: "confirmed" } });
  const words = await new Promise<string>((resolve) => {
    const args = ["channels", "connect", "webhook", "--account", "cli", "--data", server.dataDir];
    const child = spawn(process.execPath, [commandPath, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.once("close", () => resolve(text));
    child.stdin.end("a secret from standard input\n");
  });
  expect(words).toContain("webhook cli: ready");
}, 60_000);
