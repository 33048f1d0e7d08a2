/** Cloudflare Access on the real server: tokens of a team whose keys and key server are made here, over HTTP and over the socket. */

import { request } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  AUDIENCE,
  confusedToken,
  createTeamKey,
  signToken,
  startTeamServer,
  type TeamKey,
  type TeamServer,
  type TokenParts,
  tamperedToken,
  unsignedToken,
} from "../support/access-team.ts";
import { launchBrowser, openSurface } from "../support/browser.ts";
import { connectClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { isReady, reads, say } from "../support/ui.ts";

let key: TeamKey;
let stranger: TeamKey;
let team: TeamServer;
let server: Server;
/** Another of the same settings: what is refused on the one does not count against the other. */
let second: Server;
beforeAll(async () => {
  [key, stranger] = [createTeamKey("k1"), createTeamKey("k1")];
  team = await startTeamServer([key]);
  const env = { CF_ACCESS_TEAM_DOMAIN: `${team.issuer}/`, CF_ACCESS_AUD: ` ${AUDIENCE} , a-second-application` };
  [server, second] = await Promise.all([startServer({ env }), startServer({ env })]);
});
afterAll(async () => {
  await Promise.all([server?.dispose(), second?.dispose()]);
  await team?.close();
});

const token = (parts: TokenParts = {}, signer = key) => signToken(signer, team.issuer, Date.now(), parts);
const seconds = () => Math.floor(Date.now() / 1_000);
const asHeader = (jwt: string) => ({ "cf-access-jwt-assertion": jwt });
const asCookie = (jwt: string) => ({ cookie: `CF_Authorization=${jwt}` });
const ask = (path: string, headers: Record<string, string>, at = server) =>
  fetch(new URL(path, at.url), { headers, redirect: "manual" });

interface Wire {
  message: string;
  details: { code: string; hint: string; reason?: string };
}

/** Status and refusal of a route that only the owner may read. */
async function overHttp(headers: Record<string, string>, at = server): Promise<{ status: number; reason: string | undefined }> {
  const answer = await ask("/api/host/status", headers, at);
  const { error } = (await answer.json()) as { error?: Wire };
  return { status: answer.status, reason: error?.details.reason ?? error?.details.code };
}

interface Ended {
  ok: boolean;
  closeCode?: number;
  reason?: string;
  error?: Wire;
  socket: WebSocket;
}

/** A socket with these headers and a `connect` frame that holds no secret, until it is let in or closed. */
function overSocket(headers: Record<string, string>, at = server): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${at.url.replace("http", "ws")}ws`, { headers: { origin: at.url.slice(0, -1), ...headers } });
    let error: Wire | undefined;
    socket.on("error", reject);
    socket.on("close", (closeCode, reason) => resolve({ ok: false, closeCode, reason: reason.toString(), error, socket }));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (frame.event === "connect.challenge") {
        const client = { id: "openclaw-control-ui", version: "1", platform: "web", mode: "ui" };
        const params = { minProtocol: 4, maxProtocol: 4, client };
        socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params }));
      }
      if (frame.type !== "res") return;
      error = frame.error;
      if (frame.ok) resolve({ ok: true, socket });
    });
  });
}

/** A person opening an address; `fetch` cannot say that it is one. */
function navigate(path: string, jwt: string): Promise<{ status: number | undefined; location: string | undefined }> {
  const headers = { ...asHeader(jwt), accept: "text/html", "sec-fetch-mode": "navigate" };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: server.port, path, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, location: answer.headers.location });
    });
    asked.on("error", reject).end();
  });
}

const closed = (socket: WebSocket) =>
  new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );

describe("an identity of the team", () => {
  test.each([
    ["header", asHeader],
    ["cookie", asCookie],
  ])("in the %s is the owner, over HTTP and over the socket, and no gateway token is anywhere", async (_name, carry) => {
    const headers = carry(token());
    expect((await overHttp(headers)).status).toBe(200);
    const me = (await (await ask("/api/auth/me", headers)).json()) as { signedIn: boolean; kind: string };
    expect(me).toMatchObject({ signedIn: true, kind: "owner" });
    const { ok, socket } = await overSocket(headers);
    expect(ok).toBe(true);
    socket.close();
  });

  test("does not help another site: its page may neither open the socket nor post", async () => {
    const headers = { ...asCookie(token()), origin: "https://evil.example" };
    expect(await overSocket(headers)).toMatchObject({ closeCode: 1008, error: { details: { code: "ORIGIN_NOT_ALLOWED" } } });
    const posted = await fetch(new URL("/api/host/link", server.url), { method: "POST", headers });
    expect(posted.status).toBe(403);
  });

  test("lands on the address first asked for: path and query stay, nothing redirects", async () => {
    expect(await navigate("/some/page?a=1&b=%2B%26&c=d+e", token())).toEqual({ status: 200, location: undefined });
    const legacy = await navigate("/some/page?a=1&token=of-yesterday&b=%2B", token());
    expect(legacy).toEqual({ status: 303, location: "/some/page?a=1&b=%2B" });
  });
});

describe("a token that is not right", () => {
  const wrong: [string, () => string, string][] = [
    ["expired", () => token({ claims: { iat: seconds() - 7_200, nbf: seconds() - 7_200, exp: seconds() - 3_600 } }), "expired"],
    ["for another application", () => token({ claims: { aud: ["another"] } }), "audience"],
    ["of another issuer", () => token({ claims: { iss: "https://evil.cloudflareaccess.com" } }), "issuer"],
    ["of another team's key", () => token({}, stranger), "signature"],
    ["alg none", () => unsignedToken(key, team.issuer, Date.now()), "algorithm"],
    ["HS256 with the public key", () => confusedToken(key, team.issuer, Date.now()), "algorithm"],
    ["tampered", () => tamperedToken(token(), { email: "else@example.com" }), "signature"],
    ["two in one header", () => `${token()}, ${token()}`, "several"],
    ["no JWT", () => "me@example.com", "malformed"],
  ];
  test.each(wrong)("%s", async (_name, make, reason) => {
    expect(await overHttp(asHeader(make()))).toEqual({ status: 401, reason });
    const refused = await overSocket(asHeader(make()), second);
    expect(refused).toMatchObject({ closeCode: 1008, error: { details: { code: "ACCESS_JWT_INVALID", reason } } });
    expect(refused.reason).toBe(refused.error?.message);
    expect(refused.error?.details.hint).toMatch(/\.$/);
  });

  test("a forged header is refused although the cookie is good", async () => {
    expect(await overHttp({ ...asHeader(token({}, stranger)), ...asCookie(token()) }, second)).toEqual({
      status: 401,
      reason: "signature",
    });
  });

  test("headers of identity without a signature mean nothing", async () => {
    const forged = {
      "cf-access-authenticated-user-email": "owner@example.com",
      "x-forwarded-user": "owner",
      "cf-connecting-ip": "127.0.0.1",
    };
    expect(await overHttp(forged)).toEqual({ status: 401, reason: "AUTH_TOKEN_MISSING" });
  });
});

test("a rotated key is fetched once, and made-up key names fetch nothing more", async () => {
  const rotating = await startTeamServer([key]);
  const own = await startServer({ env: { CF_ACCESS_TEAM_DOMAIN: rotating.issuer, CF_ACCESS_AUD: AUDIENCE } });
  try {
    expect((await overHttp(asHeader(signToken(key, rotating.issuer, Date.now())), own)).status).toBe(200);
    const next = createTeamKey("k2", "ES256");
    rotating.keys = [key, next];
    const signed = () => signToken(next, rotating.issuer, Date.now());
    const answers = await Promise.all(Array.from({ length: 8 }, () => overHttp(asHeader(signed()), own)));
    expect(answers).toEqual(Array(8).fill({ status: 200, reason: undefined }));
    for (let index = 0; index < 5; index += 1) {
      const made = signToken(next, rotating.issuer, Date.now(), { header: { kid: `made-up-${index}` } });
      expect(await overHttp(asHeader(made), own)).toEqual({ status: 401, reason: "unknown-key" });
    }
    expect(rotating.asked).toBe(2);
  } finally {
    await own.dispose();
    await rotating.close();
  }
});

test("without Access configured its header means nothing; DEV_MODE opens no door and is reported", async () => {
  const own = await startServer({ env: { DEV_MODE: "true", E2E_TEST_MODE: "true" } });
  try {
    expect(await overHttp(asHeader(token()), own)).toEqual({ status: 401, reason: "AUTH_TOKEN_MISSING" });
    expect(await overSocket(asHeader(token()), own)).toMatchObject({ error: { details: { code: "AUTH_TOKEN_MISSING" } } });
    const reports = await Promise.all(
      ["DEV_MODE", "E2E_TEST_MODE"].map((name) => own.event((event) => JSON.stringify(event).includes(`${name} opens no door`))),
    );
    expect(reports).toHaveLength(2);
  } finally {
    await own.dispose();
  }
});

test("a variable of moltworker that nothing reads is named with what there is instead, and its value goes nowhere", async () => {
  const own = await startServer({
    env: { CDP_SECRET: "canary-of-cdp", DEBUG_ROUTES: "true", OPENAI_API_KEY: "  sk-canary-key  " },
  });
  try {
    const reports = await Promise.all(
      ["CDP_SECRET is not used here", "DEBUG_ROUTES is not used here", "config.variable-trimmed"].map((text) =>
        own.event((event) => JSON.stringify(event).includes(text)),
      ),
    );
    expect(JSON.stringify(reports[0])).toContain("In its place there is");
    expect(JSON.stringify(reports[2])).toContain("OPENAI_API_KEY");
    const doctor = await own.run("doctor", "--json");
    expect(doctor.stdout).toContain("CDP_SECRET is not used here");
    for (const text of [JSON.stringify(own.events), doctor.stdout]) {
      expect(text).not.toContain("canary-of-cdp");
      expect(text).not.toContain("sk-canary-key");
    }
  } finally {
    await own.dispose();
  }
});

test("taking a person off the list closes their live socket; whoever is not on it is told so", async () => {
  const { ok, socket } = await overSocket(asHeader(token()));
  expect(ok).toBe(true);
  const end = closed(socket);
  const admin = await connectClient(server.url, { dataDir: server.dataDir });
  await admin.request("config.patch", { raw: JSON.stringify({ access: { allowed: ["@other.example"] } }) });
  expect((await end).code).toBe(1008);
  expect(await overHttp(asHeader(token()))).toEqual({ status: 403, reason: "not-listed" });
  await admin.request("config.patch", { raw: JSON.stringify({ access: { allowed: [] } }) });
  expect((await overHttp(asHeader(token()))).status).toBe(200);
  admin.close();
});

describe("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const cookie = (value: string) => ({ name: "CF_Authorization", value, url: server.url, httpOnly: true });

  test("the first page is the conversation: no link, no form, no token; the address stays as it was opened", async () => {
    // A page without the icon that Chromium asks for; its 404 is not the UI's.
    const { context, page, faults } = await openSurface(browser, new URL("/health", server.url).href, {
      expected: /status of 404/,
    });
    await context.addCookies([cookie(token())]);
    const opened = new URL("/deep/page?a=1&b=%2B", server.url).href;
    await page.goto(opened);
    await isReady(page);
    expect(page.url().startsWith(opened)).toBe(true);
    await say(page, "hello");
    await reads(page, /Demo/);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    expect(kept).not.toMatch(/eyJ|token/i);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("an expired identity is told so, and one button leads back to where they were", async () => {
    const { context, page } = await openSurface(browser, "about:blank");
    const past = seconds() - 7_200;
    await context.addCookies([cookie(token({ claims: { iat: past, nbf: past, exp: past + 60 } }))]);
    const opened = new URL("/?from=mail", server.url).href;
    await page.goto(opened);
    await page.getByText("The Access session has expired.").waitFor();
    await context.addCookies([cookie(token())]);
    await page.getByRole("button", { name: "Sign in again" }).click();
    await isReady(page);
    expect(page.url().startsWith(opened)).toBe(true);
    await context.close();
  });
});
