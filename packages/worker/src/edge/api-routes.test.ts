/** The routes inside the Assistant, from outside: who may, from where, with what body, and what comes back. */

import { MoltError } from "@moltworker/protocol/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import {
  cookieOf,
  createTestIdentity,
  HOST_KEY,
  requestFrom,
  type TestIdentity,
  TOKEN,
} from "../../../../tests/support/identity.ts";
import { memoryDisk } from "../../../../tests/support/memory-disk.ts";
import { createLog } from "../platform/log.ts";
import { type Blobs, blobsMigration, createBlobs, MAX_BLOB_BYTES } from "../storage/blobs.ts";
import { type Api, createApi } from "./api-routes.ts";

const HOME = "http://localhost:8787";
let identity: TestIdentity;
let api: Api;
let blobs: Blobs;
let closed: string[];
let drained: string[];
let ready: boolean;
let logged: string[];
beforeEach(() => {
  const db = createTestDatabase();
  identity = createTestIdentity(db);
  db.run(blobsMigration.statements[0] as string);
  blobs = createBlobs(memoryDisk(), db, identity.clock);
  [closed, drained, logged, ready] = [[], [], [], true];
  api = createApi({
    auth: identity.auth,
    blobs,
    doctor: {
      run: async () => ({ ok: true, ts: 0, version: "0.0.0", checks: [] }),
      fix: async () => Promise.reject(new MoltError("CONFLICT")),
    },
    log: createLog((line) => logged.push(line)),
    assistantName: () => "Molt",
    audit: identity.audit,
    build: { id: "abc", version: "1.2.3", builtAt: "2026-11-28T00:00:00.000Z" },
    bootId: "boot_1",
    startedAt: 0,
    logs: {
      append: () => undefined,
      list: () => [],
      tail: () => ({ lines: ["one"], cursor: 1, size: 1, truncated: false, reset: false }),
    },
    settings: () => ({ agent: { name: "Molt" } }),
    setVariables: () => ["MOLTBOT_GATEWAY_TOKEN"],
    ready: () => ({ ready }),
    status: () => ({ fine: true }),
    drain: (reason) => drained.push(reason),
    closePrincipals: (ids) => closed.push(...ids),
  });
});

const ask = (path: string, init: RequestInit = {}, ip = "127.0.0.1:5") => api.fetch(requestFrom(ip, `${HOME}${path}`, init));
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", origin: HOME, ...headers },
  });
const asHost = { headers: { authorization: `Bearer ${HOST_KEY}` } };
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { details: { code: string } } }).error.details.code;
async function signIn(): Promise<{ cookie: string; origin: string }> {
  const answer = await post("/api/auth/token", { token: TOKEN });
  return { cookie: cookieOf(answer.headers.get("set-cookie") ?? ""), origin: HOME };
}

describe("signing in and out", () => {
  test("the host's link becomes a cookie, once", async () => {
    const made = await ask("/api/host/link", { method: "POST", ...asHost });
    const { code, expiresAt } = (await made.json()) as { code: string; expiresAt: number };
    expect(expiresAt).toBe(identity.clock.now() + 600_000);
    const answer = await post("/api/auth/link", { code });
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
    const cookie = cookieOf(answer.headers.get("set-cookie") ?? "");
    expect(await (await ask("/api/auth/me", { headers: { cookie } })).json()).toMatchObject({
      signedIn: true,
      kind: "owner",
      assistantName: "Molt",
    });
    const again = await post("/api/auth/link", { code });
    expect([again.status, await codeOf(again), again.headers.get("set-cookie")]).toEqual([401, "AUTH_LINK_INVALID", null]);
  });

  test("sign-out closes the sockets, ends the session and clears the cookie", async () => {
    const headers = await signIn();
    const answer = await ask("/api/auth/signout", { method: "POST", headers });
    expect([answer.status, closed.length, answer.headers.get("set-cookie")]).toEqual([
      200,
      1,
      expect.stringContaining("Max-Age=0"),
    ]);
    expect(await (await ask("/api/auth/me", { headers })).json()).toMatchObject({
      signedIn: false,
      error: { details: { code: "AUTH_EXPIRED" } },
    });
    expect(await codeOf(await ask("/api/auth/signout", { method: "POST", headers }))).toBe("AUTH_EXPIRED");
  });

  test("a stranger is nobody, without a name to be told", async () => {
    expect(await (await ask("/api/auth/me")).json()).toEqual({ signedIn: false, kind: "anonymous", scopes: [] });
  });

  test("a locked address is told how long, in the header too", async () => {
    for (let index = 0; index < 10; index += 1)
      await api.fetch(
        requestFrom("192.0.2.1:1", `${HOME}/api/auth/token`, {
          method: "POST",
          body: '{"token":"x"}',
          headers: { "content-type": "application/json" },
        }),
      );
    const answer = await ask("/api/host/status", asHost, "192.0.2.1:1");
    expect([answer.status, answer.headers.get("retry-after"), await codeOf(answer)]).toEqual([429, "300", "AUTH_RATE_LIMITED"]);
  });
});

describe("an address with ?token=", () => {
  const navigate = (path: string) => ask(path, { headers: { accept: "text/html" } });

  test.each([
    ["/?token=%TOKEN%", "/"],
    ["/chat?a=1&token=%TOKEN%&b=2%2F3", "/chat?a=1&b=2%2F3"],
    ["//evil.example/?token=%TOKEN%", "/evil.example/"],
    ["/x?token=%TOKEN%&token=again", "/x"],
  ])("%s becomes a cookie and %s", async (path, location) => {
    const answer = await navigate(path.replace("%TOKEN%", encodeURIComponent(TOKEN)));
    expect([answer.status, answer.headers.get("location"), answer.headers.get("cache-control")]).toEqual([
      303,
      location,
      "no-store",
    ]);
    expect(
      (
        await identity.auth.identify(
          requestFrom("127.0.0.1:1", `${HOME}/ws`, { headers: { cookie: cookieOf(answer.headers.get("set-cookie") ?? "") } }),
        )
      ).kind,
    ).toBe("owner");
  });

  test("a token with + & # % in it, encoded as links are", async () => {
    identity.secrets.set("gateway.token", "a+b&c#d%e=f", "typed");
    expect((await navigate(`/?token=${encodeURIComponent("a+b&c#d%e=f")}`)).status).toBe(303);
    identity.secrets.set("gateway.token", "a+b", "typed");
    expect((await navigate("/?token=a+b")).status).toBe(303);
  });

  test("a wrong one gets a page with cause, cure and a way on; never the token, never a script", async () => {
    const canary = "123456789:AAE-wrong<b>canary\"'abcdefghijklmn";
    const answer = await navigate(`/chat?keep=<i>&token=${encodeURIComponent(canary)}`);
    const page = await answer.text();
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("set-cookie")]).toEqual([
      401,
      "text/html; charset=utf-8",
      null,
    ]);
    expect(page).toContain("AUTH_TOKEN_MISMATCH");
    expect(page).toContain("Unauthorized: gateway token mismatch");
    expect(page).not.toContain("canary");
    expect(page).not.toMatch(/<script|<i>|<b>|javascript:/);
    expect(page).toContain('href="/chat?keep=');
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'nonce-[\w-]{22}'/);
    expect(logged.join("")).not.toContain("canary");
  });
});

/** Every route that changes something, with a body and credentials with which it would succeed. */
const mutations: [method: string, path: string, body: string | undefined, type: string | undefined][] = [
  ["POST", "/api/auth/link", '{"code":"x"}', "application/json"],
  ["POST", "/api/auth/token", JSON.stringify({ token: TOKEN }), "application/json"],
  ["POST", "/api/auth/signout", undefined, undefined],
  ["POST", "/api/host/link", undefined, undefined],
  ["POST", "/api/host/drain", undefined, undefined],
  ["POST", "/api/blobs", "bytes", "text/plain"],
  ["PUT", "/api/blobs", "bytes", "text/plain"],
];
const strangers: Record<string, string>[] = [
  { origin: "https://evil.example" },
  { origin: "http://localhost:3000" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
];

describe("cross-site requests", () => {
  test.each(mutations.flatMap((mutation) => strangers.map((headers) => [...mutation, headers] as const)))(
    "%s %s (%s, %s) from %j is refused and changes nothing",
    async (method, path, body, type, headers) => {
      const { cookie } = await signIn();
      for (const credential of [{ cookie }, { authorization: `Bearer ${HOST_KEY}` }] as Record<string, string>[]) {
        const answer = await ask(path, {
          method,
          body: body ?? null,
          headers: { ...headers, ...credential, ...(type ? { "content-type": type } : {}) },
        });
        expect([answer.status, await codeOf(answer)]).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
        expect(answer.headers.get("set-cookie")).toBeNull();
      }
      expect([closed, drained]).toEqual([[], []]);
      expect(identity.db.all("SELECT * FROM auth_links")).toEqual([]);
      expect(identity.db.all("SELECT * FROM blobs")).toEqual([]);
    },
  );

  test("the table above has every mutation that exists", async () => {
    const paths = [
      "/api/auth/link",
      "/api/auth/token",
      "/api/auth/signout",
      "/api/auth/me",
      "/api/host/link",
      "/api/host/drain",
      "/api/host/status",
      "/api/blobs",
      "/api/blobs/x",
      "/readyz",
      "/api/anything",
    ];
    const found: string[] = [];
    for (const path of paths)
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        if ((await ask(path, { method, headers: { ...asHost.headers, origin: HOME } })).status !== 404)
          found.push(`${method} ${path}`);
      }
    expect(found.sort()).toEqual(mutations.map(([method, path]) => `${method} ${path}`).sort());
  });

  test("a form of another site cannot speak JSON", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]) {
      const answer = await post("/api/auth/token", { token: TOKEN }, { "content-type": type });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([400, null]);
    }
  });
});

describe("bodies", () => {
  test.each([
    ["{", "not JSON"],
    ["[]", "expected object"],
    ['{"token":1}', "expected string"],
    ['{"token":"x","more":1}', "more"],
    ["", "not JSON"],
    ["\u0000", "not JSON"],
  ])("%j is refused with what is wrong", async (body, words) => {
    const answer = await ask("/api/auth/token", {
      method: "POST",
      body,
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    const { error } = (await answer.json()) as { error: { message: string; details: { code: string } } };
    expect([answer.status, error.details.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(error.message.toLowerCase()).toContain(words.toLowerCase());
  });

  test("an endless body is cut while it streams", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const answer = await api.fetch(
      requestFrom("127.0.0.1:1", `${HOME}/api/auth/token`, {
        method: "POST",
        body,
        duplex: "half",
        headers: { "content-type": "application/json" },
      } as RequestInit),
    );
    expect([answer.status, await codeOf(answer)]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect(sent).toBeLessThan(1_000_000);
  });

  test("a declared length over the cap is refused before a byte is read", async () => {
    const headers = { ...(await signIn()), "content-length": String(MAX_BLOB_BYTES + 1) };
    expect(await codeOf(await ask("/api/blobs", { method: "POST", body: "x", headers }))).toBe("PAYLOAD_TOO_LARGE");
  });
});

describe("who may do what", () => {
  test.each([
    ["POST", "/api/host/link"],
    ["POST", "/api/host/drain"],
    ["GET", "/api/host/status"],
    ["POST", "/api/auth/signout"],
    ["POST", "/api/blobs"],
    ["PUT", "/api/blobs"],
    ["GET", "/api/blobs/blob_1"],
  ])("%s %s needs someone", async (method, path) => {
    const answer = await ask(path, { method, headers: { origin: HOME } });
    expect([answer.status, await codeOf(answer)]).toEqual([401, "AUTH_TOKEN_MISSING"]);
    const wrong = await ask(path, { method, headers: { origin: HOME, authorization: "Bearer wrong" } });
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, "AUTH_TOKEN_MISMATCH"]);
  });

  test("the host drains and reads the state", async () => {
    expect((await ask("/api/host/drain", { method: "POST", ...asHost })).status).toBe(200);
    expect(drained).toEqual(["gateway stopping"]);
    expect(await (await ask("/api/host/status", asHost)).json()).toEqual({ fine: true });
  });

  test("readiness is told to anyone, with the status that probes read", async () => {
    expect((await ask("/readyz")).status).toBe(200);
    ready = false;
    const answer = await ask("/readyz");
    expect([answer.status, await answer.json()]).toEqual([503, { ready: false }]);
  });

  test.each(["/api", "/api/", "/api/nope", "/api/auth", "/api/blobs/x/y"])("%s is 404 in JSON", async (path) => {
    for (const method of ["GET", "POST"]) {
      const answer = await ask(path, { method });
      expect([answer.status, await codeOf(answer)]).toEqual([404, "NOT_FOUND"]);
    }
  });

  test("an unexpected failure is logged, and told without its words", async () => {
    blobs.info = () => {
      throw new Error("secret path /var/owner/db");
    };
    const answer = await ask("/api/blobs/blob_1", asHost);
    const text = await answer.text();
    expect([answer.status, text.includes("/var/owner"), text.includes("at ")]).toEqual([500, false, false]);
    expect(logged.join("")).toContain("/var/owner/db");
  });
});

describe("files", () => {
  const upload = async (type: string, bytes: BodyInit, name = "a.txt") =>
    ask(`/api/blobs?name=${encodeURIComponent(name)}`, {
      method: "POST",
      body: bytes,
      headers: { ...(await signIn()), "content-type": type },
    });

  test("go in and come out the same", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const answer = await upload("image/png", bytes, '../../etc/p\u0000ic "ü".png');
    const made = (await answer.json()) as { blobId: string; sha256: string };
    expect(answer.status).toBe(201);
    expect(made).toMatchObject({
      mimeType: "image/png",
      sizeBytes: 60_000,
      fileName: 'pic "ü".png',
      blobId: expect.stringMatching(/^blob_[0-9a-z]{26}$/),
    });
    const read = await ask(`/api/blobs/${made.blobId}?name=x.png`, { headers: await signIn() });
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
    expect(read.headers.get("etag")).toBe(`"${made.sha256}"`);
    expect(
      (await ask(`/api/blobs/${made.blobId}`, { headers: { ...(await signIn()), "if-none-match": `"${made.sha256}"` } })).status,
    ).toBe(304);
  });

  test.each([
    ["image/png", "inline", "image/png"],
    ["image/jpeg", "inline", "image/jpeg"],
    ["IMAGE/WEBP; x=y", "inline", "image/webp"],
    ["text/html", "attachment", "application/octet-stream"],
    ["image/svg+xml", "attachment", "application/octet-stream"],
    ["application/xhtml+xml", "attachment", "application/octet-stream"],
    ["text/javascript", "attachment", "application/octet-stream"],
    ["application/pdf", "attachment", "application/octet-stream"],
    ["image/png\u0080<script>", "attachment", "application/octet-stream"],
    ["", "attachment", "application/octet-stream"],
  ])("%j is sent as %s, %s", async (type, disposition, sentType) => {
    const { blobId } = (await (await upload(type, "<script>alert(1)</script>")).json()) as { blobId: string };
    const { headers } = await ask(`/api/blobs/${blobId}?name=${encodeURIComponent('x"\r\nset-cookie: a=b.html')}`, {
      headers: await signIn(),
    });
    expect(headers.get("content-disposition")?.split(";")[0]).toBe(disposition);
    expect([
      headers.get("content-type"),
      headers.get("x-content-type-options"),
      headers.get("content-security-policy"),
      headers.get("set-cookie"),
    ]).toEqual([sentType, "nosniff", "default-src 'none'; sandbox", null]);
  });

  test("too large, empty and unknown ones", async () => {
    expect(await codeOf(await upload("text/plain", new Uint8Array(MAX_BLOB_BYTES + 1)))).toBe("PAYLOAD_TOO_LARGE");
    expect((await upload("text/plain", new Uint8Array(MAX_BLOB_BYTES))).status).toBe(201);
    expect(await codeOf(await upload("text/plain", ""))).toBe("INVALID_REQUEST");
    for (const id of ["blob_nope", "..%2f..%2fsecret", "%00", "constructor"])
      expect(await codeOf(await ask(`/api/blobs/${id}`, asHost))).toBe("NOT_FOUND");
  });
});
