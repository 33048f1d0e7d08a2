/** The Control UI as a person uses it: by the names of things, never by their styles. */

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

const patienceMs = 20_000;

export const field = (page: Page): Locator => page.getByRole("textbox", { name: /^Message / });
export const conversation = (page: Page): Locator => page.getByRole("region", { name: "Conversation" });
export const turns = (page: Page): Locator => conversation(page).locator("[data-turn]");

export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** Waits until the assistant has said a text. */
export async function reads(page: Page, text: string | RegExp): Promise<void> {
  await conversation(page).locator("[data-answer]").getByText(text).first().waitFor({ timeout: patienceMs });
}

/** Waits until a text stands anywhere in the conversation. */
export async function shows(page: Page, text: string | RegExp): Promise<void> {
  await conversation(page).getByText(text).first().waitFor({ timeout: patienceMs });
}

/** Waits until no run is going on. */
export async function isIdle(page: Page): Promise<void> {
  await page.locator("[data-action=stop]").waitFor({ state: "detached", timeout: patienceMs });
}

export async function isReady(page: Page): Promise<void> {
  await page.getByText(/^Connected/).waitFor({ state: "attached", timeout: patienceMs });
  await field(page).waitFor({ timeout: patienceMs });
}

/** Types a key for a provider under Settings and waits for the verdict of the real call. */
export async function keepKey(page: Page, provider: string, key: string): Promise<void> {
  await page.goto(new URL("#/settings/models", page.url()).href);
  const row = page.locator(`[data-provider=${provider}]`);
  await row.locator("summary").first().click();
  await row.getByLabel("API key").fill(key);
  await row.getByRole("button", { name: "Test and keep" }).click();
}

/** What is wrong with the page for people who do not see it, or see it badly: names, doubles, contrast. */
export async function barriers(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    // Colours on their way from one state to the next are nobody's to read.
    const changes = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.all(changes.map((change) => change.finished.catch(() => undefined)));
    const found: string[] = [];
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (color: string): number[] => {
      if (!canvas) return [0, 0, 0, 1];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: number[], under: number[]) =>
      [0, 1, 2].map((i) => (top[i] ?? 0) * (top[3] ?? 1) + (under[i] ?? 0) * (1 - (top[3] ?? 1)));
    const ground = (element: Element): number[] => {
      const layers: number[][] = [];
      for (let at: Element | null = element; at; at = at.parentElement) {
        const layer = rgba(getComputedStyle(at).backgroundColor);
        if ((layer[3] ?? 0) > 0) layers.push(layer);
        if (layer[3] === 1) break;
      }
      return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const light = (color: number[]) => {
      const [r = 0, g = 0, b = 0] = color.map((value) =>
        value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isShown = (element: Element) =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) &&
      !element.closest("[inert],.sr-only,[aria-hidden=true]");

    for (const element of document.querySelectorAll(
      "button, a[href], input:not([hidden]), select, textarea, [role=button], [role=option], img, summary",
    )) {
      if (!isShown(element)) continue;
      const labels = [...((element as HTMLInputElement).labels ?? [])].map((label) => label.textContent).join("");
      const name =
        element.getAttribute("aria-label") ??
        (element instanceof HTMLImageElement ? (element.alt ?? "image") : labels || element.textContent);
      if (element instanceof HTMLImageElement ? !element.hasAttribute("alt") : !name?.trim())
        found.push(`no name: ${element.outerHTML.slice(0, 120)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids.filter((value, index) => ids.indexOf(value) !== index))) found.push(`id twice: ${id}`);
    if (document.documentElement.lang === "") found.push("the page has no language");
    if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main");
    if (document.querySelectorAll("h1").length !== 1) found.push("not exactly one h1");

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.textContent?.trim() || !isShown(element)) continue;
      if (element.closest(":disabled,[aria-disabled=true],noscript,option")) continue;
      const style = getComputedStyle(element);
      const under = ground(element);
      const [a, b] = [light(over(rgba(style.color), under)), light(under)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      if (ratio < needed) found.push(`contrast ${ratio.toFixed(2)}: “${node.textContent.trim().slice(0, 40)}”`);
    }
    return [...new Set(found)];
  });
}

/** Nothing sticks out to the side, and the frame of the page itself does not scroll: only what stands in it. */
export async function fitsWidth(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.checkVisibility() && !element.closest("[inert],pre,[aria-label=Table],.sr-only"))
      .filter((element) => element.getBoundingClientRect().right > limit + 1)
      .map((element) => element.outerHTML.slice(0, 120));
  });
  expect(wide).toEqual([]);
  const over = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
  expect(over, "pixels below the frame").toBeLessThanOrEqual(0);
}
