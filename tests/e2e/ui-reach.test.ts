/** For everyone: keyboard alone, a narrow screen, both themes, readable by machine, printable, and ten thousand messages. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { launchBrowser, openSurface, type Surface, type SurfaceOptions } from "../support/browser.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, conversation, field, fitsWidth, isIdle, isReady, reads, say, turns } from "../support/ui.ts";

let browser: Browser;
let provider: FakeProvider;
let server: Server;
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  provider = await startFakeProvider();
  server = await startServer({
    env: { ANTHROPIC_BASE_URL: `${provider.url}/v1`, ANTHROPIC_API_KEY: "any", MOLTWORKER_MODEL: "anthropic/fake-large" },
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
  await provider?.close();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function opened(options: SurfaceOptions = {}): Promise<Surface> {
  const link = (await server.run("link")).events[0]?.link as string;
  const surface = await openSurface(browser, link, { reducedMotion: true, ...options });
  cleanUps.push(() => surface.context.close());
  await isReady(surface.page);
  return surface;
}

const rich = `[[think: a short thought]] [[say: # Heading\n\nWords with \`code\`, a [link](https://example.com) and a table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`ts\nconst answer: number = 42; // why\n\`\`\`\n]] [[tool: ls {}]] [[then]] [[say: done here]]`;

async function newConversation(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command palette" }).fill("new conv");
  await page.keyboard.press("Enter");
  await field(page).waitFor();
}

/** Presses Tab until the named thing has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 80; step += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
    });
    if (name.test(focused)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${name}`);
}

describe("with the keyboard alone", () => {
  it("one can write, open a tool card, edit, choose a model, reach settings and come back", async () => {
    const { page, faults } = await opened();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("composer");
    await page.keyboard.type(`${rich.replaceAll("\n", " ")}`);
    await page.keyboard.press("Enter");
    await reads(page, "done here");
    await isIdle(page);

    await page.locator("[data-tool=ls] summary").focus();
    await page.keyboard.press("Enter");
    await conversation(page).getByText("AGENTS.md").first().waitFor();

    await field(page).focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("edited by hand");
    await page.keyboard.press("Enter");
    await reads(page, "answer to: edited by hand");

    await field(page).focus();
    await page.keyboard.type("/model");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Models" }).waitFor();
    await page.keyboard.type("sonnet");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Model: .*Sonnet/ }).waitFor();

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Command palette" }).waitFor();
    await page.keyboard.type("settings");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await tabTo(page, /Back to the conversation/);
    await page.keyboard.press("Enter");
    await field(page).waitFor();
    expect(faults).toEqual([]);
  });

  it("focus is always seen", async () => {
    const { page } = await opened();
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press("Tab");
      const shown = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return true;
        const style = getComputedStyle(element);
        const frame = element.closest("form") ? getComputedStyle(element.closest("form") as Element).borderTopWidth : "0px";
        return (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || (element.id === "composer" && frame !== "0px");
      });
      expect(shown).toBe(true);
    }
  });
});

describe.each([
  ["light, wide", { dark: false, width: 1280, height: 860 }],
  ["dark, wide", { dark: true, width: 1280, height: 860 }],
  ["light, 360 px", { dark: false, width: 360, height: 740 }],
  ["dark, 360 px", { dark: true, width: 360, height: 740 }],
])("%s", (_name, options) => {
  it("has names, contrast and room on every page", async () => {
    const { page, faults } = await opened(options);
    const check = async () => {
      expect(await barriers(page)).toEqual([]);
      await fitsWidth(page);
    };
    await newConversation(page);
    await check();
    await say(page, rich);
    await reads(page, "done here");
    await isIdle(page);
    await page.locator("[data-tool=ls] summary").last().click();
    await conversation(page).locator("pre span span").first().waitFor();
    await check();

    await say(
      page,
      `[[tool: write {"path":"USER.md","content":"# You\\n\\nA line that is long enough to be wider than a telephone, word after word after word.\\n"}]] [[then]] [[say: fine]]`,
    );
    await page.getByRole("region", { name: "Approval" }).waitFor();
    await check();
    await page.getByRole("button", { name: /^Deny/ }).click();
    await reads(page, "fine");
    await say(page, "[[fault: 402]]");
    await conversation(page).getByRole("alert").waitFor();
    await check();

    if (options.width < 768) {
      await page.getByRole("button", { name: /^Conversations/ }).click();
      await page.getByRole("button", { name: "Close the list" }).waitFor();
      await check();
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator("aside[inert]").count()).toBe(1);
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Command palette" }).waitFor();
    expect((await barriers(page)).filter((found) => !found.startsWith("not exactly"))).toEqual([]);
    await page.keyboard.press("Escape");
    for (const tab of ["models", "assistant", "files", "appearance"]) {
      await page.goto(`${server.url}#/settings/${tab}`);
      await page.locator(`a[aria-current=page][href$="${tab}"]`).waitFor();
      await check();
    }
    for (const id of ["health", "access", "configuration", "audit"]) {
      await page.goto(`${server.url}#/admin/${id}`);
      await page.locator(`[data-admin=${id}]`).waitFor();
      await page.getByText(/^(Opening|Looking|Reading|Waiting)/).waitFor({ state: "detached" });
      await check();
    }
    expect(faults).toEqual([]);
  });
});

describe("the first load", () => {
  it("brings at most 200 KB of script, compressed, and nothing inline", () => {
    const folder = fileURLToPath(new URL("../../packages/cli/dist/ui/", import.meta.url));
    const html = readFileSync(join(folder, "index.html"), "utf8");
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:/i);
    const scripts = [...html.matchAll(/<(?:script|link rel="modulepreload")[^>]*(?:src|href)="([^"]+)"/g)].map(
      (match) => match[1] as string,
    );
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path))).length, 0);
    expect(bytes).toBeLessThanOrEqual(200_000);
  });
});

describe("the theme", () => {
  it("follows the choice, and the choice is there before the first paint of the next visit", async () => {
    const { page, faults } = await opened();
    await page.goto(`${server.url}#/settings/appearance`);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByText("Dark", { exact: true }).click();
    await expect.poll(ground).not.toBe(light);
    const dark = await ground();
    await page.reload();
    expect(await ground()).toBe(dark);
    expect(faults).toEqual([]);
  });
});

describe("a long conversation", () => {
  it("opens at its end, draws a part of itself, fetches what is earlier, keeps its place, and prints whole", async () => {
    const { page, faults } = await opened();
    await newConversation(page);
    for (let index = 0; index < 90; index += 1) {
      await say(page, `question ${index}`);
      await reads(page, new RegExp(`answer to: question ${index}$`));
    }
    await isIdle(page);
    await page.reload();
    await reads(page, "answer to: question 89");
    expect(await turns(page).count()).toBeLessThan(60);
    const scroller = page.locator("[data-transcript]");
    const edge = conversation(page).getByText("question 31", { exact: true });
    await expect
      .poll(
        async () => {
          await scroller.evaluate((element) => element.scrollBy(0, -400));
          return edge.isVisible();
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(true);
    await expect
      .poll(
        async () => {
          await scroller.evaluate((element) => element.scrollTo(0, 0));
          return conversation(page).getByText("question 0", { exact: true }).isVisible();
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(true);
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await turns(page).count()).toBe(90);
    expect(await field(page).isVisible()).toBe(false);
    expect(faults).toEqual([]);
  });
});
