/** Who gets in, on the real server: raw workerd's addresses, headers, disk and sockets, which no unit test sees. */

import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.dispose());

const gatewayToken = () => readFileSync(join(server.dataDir, "gateway-token"), "utf8").trim();
const hostKey = () => (JSON.parse(readFileSync(join(server.dataDir, "run.json"), "utf8")) as { hostKey: string }).hostKey;
const origin = () => server.url.slice(0, -1);
const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, server.url), { redirect: "manual", ...init });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", origin: origin(), ...headers },
  });
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { details: { code: string } } }).error.details.code;
const cookieOf = (answer: Response) => answer.headers.get("set-cookie")?.split(";")[0] as string;
async function freshCookie(): Promise<string> {
  const { code } = (await (
    await ask("/api/host/link", { method: "POST", headers: { authorization: `Bearer ${hostKey()}` } })
  ).json()) as { code: string };
  return cookieOf(await post("/api/auth/link", { code }));
}

/** A request with headers that `fetch` keeps for itself: Host, Sec-Fetch-Mode. */
function askRaw(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: server.port, path, headers }, async (answer) => {
      let body = "";
      for await (const chunk of answer) body += chunk;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
    });
    asked.on("error", reject).end();
  });
}

interface Refused {
  closeCode: number;
  reason: string;
  error: { message: string; details: { code: string } } | undefined;
}

/** Opens a socket, sends `connect`, and gives what it ends with; undefined when it is let in. */
function connect(headers: Record<string, string>, params: object = {}): Promise<Refused | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}ws`, { headers });
    let error: Refused["error"];
    socket.on("error", reject);
    socket.on("close", (closeCode, reason) => resolve({ closeCode, reason: reason.toString(), error }));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (frame.event === "connect.challenge") {
        const client = { id: "cli", version: "1", platform: "linux", mode: "cli" };
        socket.send(
          JSON.stringify({
            type: "req",
            id: "1",
            method: "connect",
            params: { minProtocol: 4, maxProtocol: 4, client, ...params },
          }),
        );
      }
      if (frame.type === "res") {
        error = frame.error;
        if (!frame.ok) return;
        socket.removeAllListeners("close");
        socket.close();
        resolve(undefined);
      }
    });
  });
}

describe("the address", () => {
  test("is the connection's: forged headers neither free from the limit nor move it to another", async () => {
    const own = await startServer();
    try {
      const headers = (index: number) => ({
        "content-type": "application/json",
        "cf-connecting-ip": `198.51.100.${index}`,
        "x-forwarded-for": `198.51.100.${index}`,
        "true-client-ip": `198.51.100.${index}`,
        "cf-ray": "1-FRA",
      });
      const attempt = (index: number) =>
        fetch(`${own.url}api/auth/token`, {
          method: "POST",
          headers: headers(index),
          body: JSON.stringify({ token: `wrong-${index}` }),
        });
      const codes: string[] = [];
      for (let index = 0; index < 12; index += 1) codes.push(await codeOf(await attempt(index)));
      expect(codes.slice(0, 10)).toEqual(Array(10).fill("AUTH_TOKEN_MISMATCH"));
      expect(codes).toContain("AUTH_RATE_LIMITED");
      // Loopback pauses, it does not lock: the owner's next link works at once.
      const link = (await own.run("link")).events[0]?.link as string;
      const answer = await fetch(`${own.url}api/auth/link`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code: new URL(link).hash.slice(1) }),
      });
      expect(answer.status).toBe(200);
    } finally {
      await own.dispose();
    }
  });
});

describe("in a browser", () => {
  test("the link of the ready line signs in once; the cookie opens the socket from the own origin alone", async () => {
    const code = new URL(server.link).hash.slice(1);
    const cookie = cookieOf(await post("/api/auth/link", { code }));
    expect(await codeOf(await post("/api/auth/link", { code }))).toBe("AUTH_LINK_INVALID");
    expect(await connect({ cookie, origin: origin() })).toBeUndefined();
    for (const stranger of ["https://evil.example", "http://127.0.0.1:1", "null"]) {
      expect(await connect({ cookie, origin: stranger })).toMatchObject({
        closeCode: 1008,
        reason: expect.stringContaining("origin not allowed"),
      });
    }
  });

  test("signing out ends the socket's grant and the cookie", async () => {
    const cookie = await freshCookie();
    expect((await post("/api/auth/signout", {}, { cookie })).status).toBe(200);
    expect(await connect({ cookie, origin: origin() })).toMatchObject({
      closeCode: 1008,
      error: { details: { code: "AUTH_EXPIRED" } },
    });
    expect(await (await ask("/api/auth/me", { headers: { cookie } })).json()).toMatchObject({
      signedIn: false,
      error: { details: { code: "AUTH_EXPIRED" } },
    });
  });

  test("an old ?token= address becomes a cookie; a wrong one a page that says why", async () => {
    const browser = { accept: "text/html", "sec-fetch-mode": "navigate" };
    const right = await askRaw(`/chat?token=${encodeURIComponent(gatewayToken())}&x=1`, browser);
    expect([right.status, right.headers.location]).toEqual([303, "/chat?x=1"]);
    const cookie = right.headers["set-cookie"]?.[0]?.split(";")[0] as string;
    expect(await connect({ cookie, origin: origin() })).toBeUndefined();
    const wrong = await askRaw("/chat?token=canary-canary&x=1", browser);
    expect([wrong.status, wrong.body.includes("AUTH_TOKEN_MISMATCH"), wrong.body.includes("canary")]).toEqual([401, true, false]);
  });

  test("a file goes to the disk and comes back as a download", async () => {
    const cookie = await freshCookie();
    const made = await ask("/api/blobs?name=x.html", {
      method: "POST",
      body: "<script>1</script>",
      headers: { cookie, origin: origin(), "content-type": "text/html" },
    });
    const { blobId } = (await made.json()) as { blobId: string };
    const read = await ask(`/api/blobs/${blobId}?name=x.html`, { headers: { cookie } });
    expect([await read.text(), read.headers.get("content-disposition"), read.headers.get("content-security-policy")]).toEqual([
      "<script>1</script>",
      "attachment; filename*=UTF-8''x.html",
      "default-src 'none'; sandbox",
    ]);
    expect(readFileSync(join(server.dataDir, "blobs", blobId), "utf8")).toBe("<script>1</script>");
    expect((await ask(`/api/blobs/${blobId}`)).status).toBe(401);
  });
});

describe("on the socket", () => {
  test("the token lets in; each refusal is its own, with the same words in frame and close", async () => {
    expect(await connect({}, { auth: { token: gatewayToken() } })).toBeUndefined();
    expect(await connect({}, { auth: { password: gatewayToken() } })).toBeUndefined();
    const missing = await connect({});
    expect(missing).toMatchObject({ closeCode: 1008, error: { details: { code: "AUTH_TOKEN_MISSING" } } });
    const wrong = await connect({}, { auth: { token: "123456789:AAE-abcdefghijklmnopqrstuvwxyz012345" } });
    expect(wrong).toMatchObject({
      closeCode: 1008,
      error: { details: { code: "AUTH_TOKEN_MISMATCH", hint: expect.stringContaining("Telegram") } },
    });
    for (const refused of [missing, wrong]) expect(refused?.reason).toBe(refused?.error?.message);
  });

  test("the host key opens no conversation", async () => {
    expect(await connect({ authorization: `Bearer ${hostKey()}` })).toMatchObject({
      error: { details: { code: "AUTH_TOKEN_MISSING" } },
    });
    expect(await connect({}, { auth: { token: hostKey() } })).toMatchObject({
      error: { details: { code: "AUTH_TOKEN_MISMATCH" } },
    });
  });
});

test("with nothing set up, every route but health asks who it is", async () => {
  for (const path of ["/api/host/status", "/api/blobs/x"]) expect((await ask(path)).status).toBe(401);
  for (const path of ["/api/host/link", "/api/host/drain", "/api/auth/signout", "/api/blobs"])
    expect((await ask(path, { method: "POST" })).status).toBe(401);
  const forged = {
    "cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.e30.",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-user": "owner",
    cookie: "CF_Authorization=x",
  };
  expect((await ask("/api/host/status", { headers: forged })).status).toBe(401);
  expect((await ask("/healthz")).status).toBe(200);
});

test("a host name that a stranger could own is refused on every route but health", async () => {
  const status = async (path: string, host: string) => (await askRaw(path, { host })).status;
  for (const path of ["/", "/api/auth/me", "/readyz"]) expect(await status(path, "evil.example:80")).toBe(403);
  expect([await status("/", `localhost:${server.port}`), await status("/healthz", "evil.example")]).toEqual([200, 200]);
});

test("a token changed in the environment works after the restart, and the old one is dead", async () => {
  const own = await startServer({ env: { MOLTBOT_GATEWAY_TOKEN: "short one" } });
  const signIn = async (token: string) => {
    const answer = await fetch(`${own.url}api/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return [answer.status, answer.headers.get("set-cookie")?.split(";")[0]] as const;
  };
  try {
    const [status, cookie] = await signIn("short one");
    expect(status).toBe(200);
    await own.stop();
    await own.restart({ MOLTBOT_GATEWAY_TOKEN: "ein längeres 🦞 'token' mit \"allem\" + / = # & %" });
    expect((await signIn("ein längeres 🦞 'token' mit \"allem\" + / = # & %"))[0]).toBe(200);
    expect((await signIn("short one"))[0]).toBe(401);
    const me = await fetch(`${own.url}api/auth/me`, { headers: { cookie: cookie ?? "" } });
    expect(await me.json()).toMatchObject({ signedIn: false, error: { details: { code: "AUTH_EXPIRED" } } });
  } finally {
    await own.dispose();
  }
});
