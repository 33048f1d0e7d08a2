/** Getting in, being refused, losing the server: the UI always says why, and what helps. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface, type Surface } from "../support/browser.ts";
import { type Server, startServer } from "../support/server.ts";
import { conversation, isIdle, isReady, reads, say, turns } from "../support/ui.ts";

let browser: Browser;
let provider: FakeProvider;
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  provider = await startFakeProvider();
});
afterAll(async () => {
  await browser?.close();
  await provider?.close();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function started(): Promise<Server> {
  const env = { ANTHROPIC_BASE_URL: `${provider.url}/v1`, ANTHROPIC_API_KEY: "any", MOLTWORKER_MODEL: "anthropic/fake-large" };
  const server = await startServer({ env });
  cleanUps.push(() => server.dispose());
  return server;
}

async function surfaceAt(url: string, expected?: RegExp): Promise<Surface> {
  const surface = await openSurface(browser, url, expected ? { expected } : {});
  cleanUps.push(() => surface.context.close());
  return surface;
}

/** What Chromium itself prints about an answer of 401. */
const refusedAnswer = /status of 401|closed before|WebSocket/;

describe("sign-in", () => {
  it("a stranger sees why, how to get in, and nothing else; the gateway token opens", async () => {
    const server = await started();
    const { page, faults } = await surfaceAt(server.url, refusedAnswer);
    await page.getByRole("heading", { name: "You are signed out here" }).waitFor();
    expect(await page.locator("main [data-error]").getAttribute("data-error")).toBe("AUTH_TOKEN_MISSING");
    await page.getByRole("button", { name: "Copy the command for a fresh link" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("npx moltworker link");
    await page.getByText("What the server said").click();
    expect(await page.locator("pre").innerText()).toContain('"AUTH_TOKEN_MISSING"');

    await page.getByText("Gateway Access").click();
    const token = page.getByLabel("Gateway token or password, or a fresh link");
    await token.fill("not-the-token");
    await page.getByRole("button", { name: "Connect" }).click();
    await page
      .getByText(/token mismatch/)
      .first()
      .waitFor();
    await token.fill(readFileSync(join(server.dataDir, "gateway-token"), "utf8").trim());
    await page.getByRole("button", { name: "Connect" }).click();
    await isReady(page);
    expect(faults).toEqual([]);
  });

  it("a used link names itself; a fresh one pasted into the panel works", async () => {
    const server = await started();
    const first = await surfaceAt(server.link);
    await isReady(first.page);
    const other = await surfaceAt(server.link, refusedAnswer);
    await other.page.getByRole("heading", { name: "This link has been used" }).waitFor();
    expect(new URL(other.page.url()).hash).toBe("");
    const fresh = (await server.run("link")).events[0]?.link as string;
    await other.page.getByText("Gateway Access").click();
    await other.page.getByLabel("Gateway token or password, or a fresh link").fill(fresh);
    await other.page.getByRole("button", { name: "Connect" }).click();
    await isReady(other.page);
    expect([...first.faults, ...other.faults]).toEqual([]);
  });

  it("a used link does no harm where one is signed in already", async () => {
    const server = await started();
    const { page, tab, faults } = await surfaceAt(server.link, refusedAnswer);
    await isReady(page);
    await isReady(await tab(server.link));
    expect(faults).toEqual([]);
  });

  it("signing out everywhere closes every tab's connection and shows the panel", async () => {
    const server = await started();
    const { page, tab, faults } = await surfaceAt(server.link, refusedAnswer);
    await isReady(page);
    const second = await tab(page.url());
    await isReady(second);
    await page.goto(`${server.url}#/admin/access`);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    for (const view of [page, second]) await view.getByRole("button", { name: "Copy the command for a fresh link" }).waitFor();
    expect(await page.title()).toMatch(/^Signed out/);
    expect(faults).toEqual([]);
  });
});

describe("when the server goes away", () => {
  it("says so, comes back by itself, and the cut answer is finished once", async () => {
    const server = await started();
    const { page, faults } = await surfaceAt(server.link, /WebSocket|ERR_CONNECTION/);
    await isReady(page);
    await say(page, "[[tokens: 120]] [[delay: 30]]");
    await reads(page, /the quick model answers/);
    await server.killTree();
    const strip = page.locator("[data-connection=waiting]");
    await strip.waitFor();
    expect(await strip.innerText()).toMatch(/connection to the assistant was lost.*Tries again|Trying again/s);
    expect(await page.title()).toMatch(/^Reconnecting/);

    await say(page, "said while it was away");
    await conversation(page).getByText("Goes out as soon as the connection is back").waitFor();
    await server.restart();
    await page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 1_000 })
      .catch(() => {});
    await strip.waitFor({ state: "detached" });
    await reads(page, "answer to: said while it was away");
    await isIdle(page);
    const words = async () => (await conversation(page).innerText()).split(/\s+/).join(" ");
    const answers = await words();
    expect(answers.split("said while it was away").length - 1).toBe(2);
    await page.reload();
    await reads(page, "answer to: said while it was away");
    await expect.poll(words).toBe(answers);
    expect(await turns(page).count()).toBe(2);
    expect(faults).toEqual([]);
  });
});
