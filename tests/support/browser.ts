/**
 * A real Chromium for tests of the Control UI. Every page counts what must never happen: console errors, page errors,
 * breaches of the content security policy, requests to anywhere but the server.
 */

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Surface {
  context: BrowserContext;
  page: Page;
  /** What went wrong in the page and its siblings, in words. */
  faults: string[];
  /** One more tab of the same browser profile. */
  tab(url: string): Promise<Page>;
}

export interface SurfaceOptions {
  width?: number;
  height?: number;
  dark?: boolean;
  reducedMotion?: boolean;
  /** Where the person is, as an IANA name. */
  timeZone?: string;
  /** Console texts that a test provokes itself, such as a refused sign-in. */
  expected?: RegExp;
}

export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium", args: [...flags, ...more] });
}

/** A fresh profile with one page at the address. */
export async function openSurface(browser: Browser, url: string, options: SurfaceOptions = {}): Promise<Surface> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 860 },
    colorScheme: options.dark ? "dark" : "light",
    reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
    locale: "en-GB",
    ...(options.timeZone ? { timezoneId: options.timeZone } : {}),
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy breach: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const faults: string[] = [];
  const home = new URL(url).origin;
  const note = (text: string) => void (options.expected?.test(text) || faults.push(text));
  const tab = async (address: string): Promise<Page> => {
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && note(message.text()));
    page.on("pageerror", (error) => note(`page error: ${error.message}`));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== home) note(`request to ${request.url()}`);
    });
    await page.goto(address);
    return page;
  };
  return { context, page: await tab(url), faults, tab };
}
