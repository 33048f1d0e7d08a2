/** The admin's AI Gateway page in a real Chromium: figures, a budget set by form and met in the chat, a token, a call looked at and made again. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, conversation, isReady, reads, say } from "../support/ui.ts";

let server: Server;
let browser: Browser;
let provider: FakeProvider;
beforeAll(async () => {
  [provider, browser] = await Promise.all([startFakeProvider({ apiKey: "right-key" }), launchBrowser()]);
  const keys = { ANTHROPIC_BASE_URL: `${provider.url}/v1`, ANTHROPIC_API_KEY: "right-key" };
  server = await startServer({ env: { ...keys, MOLTWORKER_MODEL: "anthropic/fake-large" } });
  const client = await connectClient(server.url, server);
  const limits = { prices: { "anthropic/fake-large": { input: 3, output: 15 } }, log: { bodies: true } };
  await client.request("config.patch", { raw: JSON.stringify({ limits }) });
  client.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
  await provider?.close();
});

const visit = async (page: Page, section: string) => {
  await page.goto(`${server.url}#/admin/gateway/${section}`);
  await page.locator("[data-admin=gateway]").waitFor();
};

it("shows what was used, keeps to a budget, and opens every call", async () => {
  const { page, faults, context } = await openSurface(browser, server.link, { expected: /402|409/, timeZone: "Europe/Berlin" });
  await isReady(page);
  await say(page, "[[say: a first answer]]");
  await reads(page, "a first answer");

  await visit(page, "usage");
  await page.getByText("Cost", { exact: true }).first().waitFor();
  await page.getByRole("list", { name: "Dearest first" }).getByText("anthropic/fake-large").waitFor();
  expect(await barriers(page)).toEqual([]);

  await visit(page, "budgets");
  const form = page.getByRole("form", { name: "New budget" });
  await form.getByLabel("US dollars").fill("0.0001");
  await form.getByRole("button", { name: "Set budget" }).click();
  await page.getByRole("list", { name: "Budgets" }).getByText("$0.0001 a day for everything together").waitFor();
  await page.getByRole("button", { name: "Use Europe/Berlin" }).click();
  await page.getByText("Days begin at midnight, Europe/Berlin.").waitFor();
  expect(await barriers(page)).toEqual([]);

  await page.goto(server.url);
  await isReady(page);
  await say(page, "[[say: one too many]]");
  await conversation(page).getByRole("button", { name: "Open budgets" }).click();
  await page.getByRole("button", { name: /^Remove / }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("No budget yet", { exact: false }).waitFor();

  await visit(page, "tokens");
  await page.getByLabel("Who will use it").fill("Notebook of Ada");
  await page.getByLabel("May spend, US dollars").fill("5");
  await page.getByRole("button", { name: "Create token" }).click();
  expect(await page.locator("[data-secret]").textContent()).toMatch(/^molt_/);
  await page.getByRole("list", { name: "Tokens for model calls" }).getByText("Notebook of Ada").waitFor();

  await visit(page, "calls");
  await page.getByRole("list", { name: "Calls" }).getByText("BUDGET_EXCEEDED").waitFor();
  await page
    .getByRole("button", { name: /a few|fake-large/ })
    .last()
    .click();
  await page.locator("[data-call] details").last().getByText("a first answer").last().waitFor();
  await page.getByRole("button", { name: "Good answer" }).click();
  await page.locator("button[aria-pressed=true]", { hasText: "Good answer" }).waitFor();
  const first = await page.locator("[data-call]").getAttribute("data-call");
  await page.getByRole("button", { name: "Call again" }).click();
  await page.getByText("Repeats").waitFor();
  expect(await page.locator("[data-call]").textContent()).toContain(first);
  expect(await barriers(page)).toEqual([]);
  expect(faults).toEqual([]);
  await context.close();
}, 120_000);

it("fits a narrow screen in the dark", async () => {
  const link = (await server.run("link")).events[0]?.link as string;
  const { page, faults, context } = await openSurface(browser, link, { width: 360, dark: true });
  await isReady(page);
  for (const section of ["usage", "budgets", "limits", "tokens", "health", "calls"]) {
    await visit(page, section);
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await barriers(page)).toEqual([]);
  }
  expect(faults).toEqual([]);
  await context.close();
}, 120_000);
