/**
 * Passkeys in a real Chromium with a software authenticator, and over HTTP as behind a proxy with a name and a certificate:
 * made under Access, used on the page that says no, removed with all that they opened.
 */

import { request as httpRequest } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthenticator } from "../support/authenticator.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { gatewayTokenOf } from "../support/client.ts";
import { startHttpsFront } from "../support/https-front.ts";
import { openReady, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";
import { barriers, fitsWidth, isReady } from "../support/ui.ts";

const NAME = "molt.example";
let server: Server;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { MOLTWORKER_ALLOWED_HOSTS: NAME } }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.dispose();
});

const at = (hostname: string) => `http://${hostname}:${new URL(server.url).port}/`;
const linkAt = async (hostname: string) => {
  const link = new URL((await server.run("link")).events[0]?.link as string);
  return `${at(hostname)}${link.hash}`;
};

/** Chromium's own software authenticator: a platform one, whose person always says yes. */
async function withAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  return { devtools, authenticatorId, credentials };
}

const expected = /status of 40[0-9]|WebSocket|closed before/;

describe("in the browser", () => {
  test("made, used on the sign-in page, renamed, removed: what it opened is over within the second", async () => {
    const { page, faults, context, tab } = await openSurface(browser, await linkAt("localhost"), { expected });
    await isReady(page);
    const { credentials } = await withAuthenticator(page);
    await page.goto(`${at("localhost")}#/admin/access`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const list = page.getByRole("list", { name: "Passkeys" });
    await list.getByText("Chrome on Linux").waitFor();
    expect(await credentials()).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
    await page.getByRole("button", { name: "Rename Chrome on Linux" }).click();
    await page.getByRole("textbox", { name: "Name of the passkey" }).fill("Thumb");
    await page.keyboard.press("Enter");
    await list.getByText("Thumb").waitFor();
    expect(await barriers(page)).toEqual([]);
    // The same authenticator is not asked for a second one.
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText(/has a passkey for this assistant already/).waitFor();

    // Signed out: one button, no link, no token.
    await context.clearCookies();
    await page.goto(at("localhost"));
    await page.getByRole("heading", { name: "You are signed out here" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await isReady(page);
    const second = await tab(at("localhost"));
    await isReady(second);

    await page.goto(`${at("localhost")}#/admin/access`);
    await page.getByText(/signed in with a passkey/).waitFor();
    await page.getByRole("button", { name: "Remove Thumb" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    // The session came with this passkey: both tabs are out, and the passkey lets nobody in.
    await second.getByRole("heading", { name: "Your session has ended" }).waitFor();
    await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: /signed out here|has ended/ }).waitFor();
    expect(await page.getByRole("button", { name: "Use a passkey" }).count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("at a name of this machine; a person who closes the dialog is told so, and a removed passkey is named", async () => {
    const { page, context } = await openSurface(browser, await linkAt("molt.localhost"), { expected, width: 360 });
    await isReady(page);
    const { devtools, authenticatorId } = await withAuthenticator(page);
    await page.goto(`${at("molt.localhost")}#/admin/access`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const row = page.getByRole("list", { name: "Passkeys" }).getByText("Chrome on Linux");
    await row.waitFor();
    await fitsWidth(page);
    await context.clearCookies();
    await page.goto(at("molt.localhost"));
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText(/The browser gave no passkey/).waitFor();
    await fitsWidth(page);
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await isReady(page);
    const owner = await openReady(server.url, server.dataDir);
    owner.send(request("list", "auth.passkeys.list", {}));
    const { passkeys } = (await owner.frame((frame) => frame.id === "list")).payload as {
      passkeys: { id: string; host: string }[];
    };
    const other = createAuthenticator();
    await registerAt(`https://${NAME}`, other);
    await context.clearCookies();
    await page.goto(at("molt.localhost"));
    await page.getByRole("button", { name: "Use a passkey" }).waitFor();
    const mine = passkeys.find(({ host }) => host === "molt.localhost");
    owner.send(request("remove", "auth.passkeys.remove", { id: mine?.id }));
    expect((await owner.frame((frame) => frame.id === "remove")).ok).toBe(true);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText(/This passkey is not known here/).waitFor();
    await context.close();
  });

  test("at an IP address: why not, what to do, and one button that does it", async () => {
    const { page, context, faults } = await openSurface(browser, await linkAt("127.0.0.1"), {
      expected: /status of 40[0-9]|request to http:\/\/localhost/,
    });
    await isReady(page);
    await page.goto(`${at("127.0.0.1")}#/admin/access`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText(/bound to a host name, and this page was opened at an IP address/).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: /^Continue at localhost/ }).click();
    await page.waitForURL(/^http:\/\/localhost:/);
    await isReady(page);
    expect(faults).toEqual([]);
    await context.close();
  });
});

test("behind a certificate and a name of its own, in the browser: made, and used on the sign-in page", async () => {
  const front = await startHttpsFront(NAME, { port: server.port });
  const named = await launchBrowser(front.browserFlags);
  try {
    const home = `https://${NAME}:${front.port}/`;
    const link = new URL((await server.run("link")).events[0]?.link as string);
    const { page, faults, context } = await openSurface(named, `${home}${link.hash}`, { expected });
    await isReady(page);
    const { credentials } = await withAuthenticator(page);
    await page.goto(`${home}#/admin/access`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("list", { name: "Passkeys" }).getByText("Chrome on Linux").waitFor();
    expect(await credentials()).toMatchObject([{ rpId: NAME }]);
    const cookies = await context.cookies();
    expect(cookies.map(({ name, secure, httpOnly }) => [name.startsWith("__Host-"), secure, httpOnly])).toEqual([
      [true, true, true],
    ]);
    await context.clearCookies();
    await page.goto(home);
    await page.reload();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await isReady(page);
    expect(faults).toEqual([]);
    await context.close();
  } finally {
    await named.close();
    await front.close();
  }
});

interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: { details: { code: string; reason?: string } } };
  cookie: string | undefined;
}

/** As a browser's request reaches the server through a proxy that ends TLS: the outer name in Host, the page's Origin. */
function post(path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    const asked = httpRequest(
      { host: "127.0.0.1", port, path, method: "POST", headers: { "content-type": "application/json", ...headers } },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => {
          const cookie = response.headers["set-cookie"]?.[0]?.split(";")[0];
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text || "{}") as Answer["body"], cookie });
        });
      },
    );
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}

const named = (origin: string, cookie?: string) => ({ host: new URL(origin).host, origin, ...(cookie ? { cookie } : {}) });

async function registerAt(origin: string, key: ReturnType<typeof createAuthenticator>): Promise<Answer> {
  const signed = await post("/api/auth/token", { token: gatewayTokenOf(server.dataDir) }, named(origin));
  const options = await post("/api/auth/passkey/register/options", {}, named(origin, signed.cookie));
  const { challenge, rp } = options.body as { challenge: string; rp: { id: string } };
  const answer = key.create({ rpId: rp.id, origin, challenge });
  return post("/api/auth/passkey/register", { label: "Key", answer }, named(origin, signed.cookie));
}

describe("behind a proxy with a name and https", () => {
  const origin = `https://${NAME}`;

  test("works at that name; the cookie is Secure; another page, form or stranger gets nothing", async () => {
    const key = createAuthenticator();
    expect(await registerAt(origin, key)).toMatchObject({ status: 200, body: { host: NAME, label: "Key" } });
    const { challenge } = (await post("/api/auth/passkey/options", {}, named(origin))).body as { challenge: string };
    const answer = key.get({ rpId: NAME, origin, challenge });
    expect(await post("/api/auth/passkey", { answer }, named("https://evil.example"))).toMatchObject({ status: 403 });
    const crossSite = { ...named(origin), origin: "https://evil.example" };
    expect(await post("/api/auth/passkey", { answer }, crossSite)).toMatchObject({ status: 403 });
    const entered = await post("/api/auth/passkey", { answer }, named(origin));
    expect(entered).toMatchObject({ status: 200, body: { ok: true } });
    expect(entered.cookie).toMatch(/^__Host-/);
    const replayed = await post("/api/auth/passkey", { answer }, named(origin));
    expect(replayed).toMatchObject({
      status: 401,
      body: { error: { details: { code: "PASSKEY_INVALID", reason: "challenge" } } },
    });
    const stranger = await post("/api/auth/passkey/register/options", {}, named(origin));
    expect(stranger).toMatchObject({ status: 401 });
    const me = await fetch(new URL("/api/auth/me", server.url));
    expect(await me.json()).not.toHaveProperty("passkeys");
  });

  test("neither an API token nor a device registers one; rubbish is a clear refusal", async () => {
    const owner = await openReady(server.url, server.dataDir);
    owner.send(request("token", "auth.tokens.create", { label: "x", scopes: ["operator.admin"] }));
    const { token } = (await owner.frame((frame) => frame.id === "token")).payload as { token: string };
    const asProgram = { ...named(origin), authorization: `Bearer ${token}` };
    const refused = await post("/api/auth/passkey/register/options", {}, asProgram);
    expect(refused).toMatchObject({ status: 403, body: { error: { details: { code: "FORBIDDEN" } } } });
    for (const body of [{}, { answer: {} }, { answer: { id: "A", rawId: "A", type: "public-key", response: {} } }])
      expect((await post("/api/auth/passkey", body, named(origin))).status).toBe(400);
    expect((await post("/api/auth/passkey/options", {}, named(at("127.0.0.1").slice(0, -1)))).body.error?.details).toMatchObject({
      code: "PASSKEY_UNAVAILABLE",
      reason: "address",
    });
  });
});
