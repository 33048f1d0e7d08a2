/** The Access page in a real Chromium: a device that asks, a token shown once, the gateway token replaced. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { createTestDevice } from "../support/device.ts";
import { connectFrame, openRaw, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers } from "../support/ui.ts";

let server: Server;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
});

/** A stranger's device asks to be let in; gives the code that it shows. */
async function knock(name: string) {
  const device = await createTestDevice();
  const attempt = async () => {
    const socket = await openRaw(server.url);
    const challenge = (await socket.frame((frame) => frame.event === "connect.challenge")).payload as {
      nonce: string;
      ts: number;
    };
    const client = { displayName: name, platform: "Android 16" };
    socket.send(request("hello", "connect", await device.connect({ nonce: challenge.nonce, signedAt: challenge.ts, client })));
    return socket.frame((frame) => frame.id === "hello");
  };
  const { error } = await attempt();
  const { pairingCode } = (error as NonNullable<typeof error>).details as unknown as { pairingCode: string };
  return { pairingCode, attempt };
}

test("a device asks, is compared by its code, approved, renamed and revoked", async () => {
  const { page, faults, context } = await openSurface(browser, (await server.run("link")).events[0]?.link as string, {
    width: 360,
  });
  await page.getByText(/^Connected/).waitFor({ state: "attached" });
  const { pairingCode, attempt } = await knock("Kitchen tablet");
  await page.getByText("A device asks to be let in.").waitFor();
  await page.goto(`${server.url}#/admin/access`);
  await page.getByText(pairingCode).waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).click();
  const devices = page.getByRole("list", { name: "Paired devices" });
  await devices.getByText("Kitchen tablet").waitFor();
  expect((await attempt()).ok).toBe(true);
  await page.getByRole("button", { name: "Rename Kitchen tablet" }).click();
  await page.getByRole("textbox", { name: "Name of the device" }).fill("Tablet by the stove");
  await page.keyboard.press("Enter");
  await devices.getByText("Tablet by the stove").waitFor();
  await page.getByRole("button", { name: "Revoke Tablet by the stove" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText(/None yet\. A device/).waitFor();
  expect((await attempt()).error?.details.code).toBe("PAIRING_REQUIRED");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(faults).toEqual([]);
  await context.close();
});

test("a token is shown once and works; the gateway token is replaced and this page stays", async () => {
  const { page, faults, context } = await openSurface(browser, (await server.run("link")).events[0]?.link as string, {
    dark: true,
  });
  await page.getByText(/^Connected/).waitFor({ state: "attached" });
  await page.goto(`${server.url}#/admin/access`);
  await page.getByLabel("What it is for").fill("Backup script");
  await page.getByLabel("It may").selectOption("Read only");
  await page.getByRole("button", { name: "Create token" }).click();
  const token = await page.getByRole("region", { name: "The new token" }).locator("[data-secret]").innerText();
  expect(await barriers(page)).toEqual([]);
  const socket = await openRaw(server.url);
  socket.send(connectFrame(token));
  await socket.frame((frame) => frame.ok === true);
  await page.getByRole("button", { name: "I have kept it" }).click();
  expect(await page.content()).not.toContain(token);
  await page.getByRole("button", { name: "Revoke Backup script" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  expect((await socket.closed).code).toBe(1008);
  await page.getByLabel(/One of your own/).fill("123456789:AAE-abcdefghijklmnopqrstuvwxyz012345");
  await page.getByRole("button", { name: "Use this one" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Replace it" }).click();
  await page
    .getByRole("alert")
    .getByText(/Telegram bot token/)
    .waitFor();
  await page.getByLabel(/One of your own/).fill("");
  await page.getByRole("button", { name: "Make a new one" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Replace it" }).click();
  const made = await page.getByRole("region", { name: "The new gateway token" }).locator("[data-secret]").innerText();
  const again = await openRaw(server.url);
  again.send(connectFrame(made));
  await again.frame((frame) => frame.ok === true);
  await page.getByText("this one", { exact: true }).waitFor();
  await page.goto(`${server.url}#/admin/audit`);
  await page.getByLabel("Search what happened").fill("gatewayToken");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const happened = page.getByRole("list", { name: "What happened" });
  await happened.getByText("a new one").waitFor();
  await happened.getByText("CONFIG_INVALID").waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(await happened.innerText()).not.toContain(made);
  await page.getByLabel("What came of it").selectOption("refused");
  await happened.getByText("a new one").waitFor({ state: "detached" });
  await happened.getByText("CONFIG_INVALID").waitFor();
  await page.getByLabel("When").selectOption("in the last day");
  await happened.getByText("CONFIG_INVALID").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export", exact: true }).click();
  const file = await (await download).createReadStream();
  const text = Buffer.concat(await file.toArray()).toString("utf8");
  expect(text).toContain("CONFIG_INVALID");
  expect(text).not.toContain(made);
  expect(faults).toEqual([]);
  await context.close();
});
