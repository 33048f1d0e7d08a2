/** What the stateless Worker answers itself, and what it hands to the Assistant. */

import { describe, expect, test } from "vitest";
import { requestFrom } from "../../../../tests/support/identity.ts";
import type { Env } from "../env.ts";
import type { AssetManifest } from "./assets.ts";
import { createFront } from "./front.ts";

const manifest: AssetManifest = {
  "/index.html": { contentType: "text/html; charset=utf-8", etag: '"page"', sizeBytes: 6, immutable: false },
  "/assets/app-1a2b.js": { contentType: "text/javascript; charset=utf-8", etag: '"script"', sizeBytes: 6, immutable: true },
  "/assets/gone.js": { contentType: "text/javascript; charset=utf-8", etag: '"gone"', sizeBytes: 6, immutable: true },
};
const files: Record<string, string> = { "/index.html": "<html>", "/assets/app-1a2b.js": "code()" };

/** `ends`: the first so many requests meet an object that ends. */
function harness(allowedHosts?: string, ends = 0, how: object = { durableObjectReset: true }) {
  const forwarded: string[] = [];
  const env = {
    ASSETS: {
      fetch: async (url: string) => {
        const body = files[new URL(url).pathname];
        return new Response(body ?? "no", { status: body === undefined ? 404 : 200 });
      },
    },
    ASSISTANT: {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        fetch: async (request: Request) => {
          forwarded.push(`${name} ${request.method} ${new URL(request.url).pathname}`);
          if (forwarded.length <= ends) throw Object.assign(new Error("a snapshot was restored"), how);
          return new Response("from the assistant", { headers: { "content-security-policy": "its own" } });
        },
      }),
    },
    ...(allowedHosts === undefined ? {} : { MOLTWORKER_ALLOWED_HOSTS: allowedHosts }),
  } as unknown as Env;
  const front = createFront(manifest, { id: "abc", version: "1.2.3", builtAt: "2026-11-28T00:00:00.000Z" });
  const ask = (path: string, init: RequestInit = {}, host = "localhost:8787") =>
    front.fetch(requestFrom("127.0.0.1:5", `http://${host}${path}`, init), env, { waitUntil() {} });
  return { ask, forwarded };
}

const wireError = async (answer: Response) =>
  ((await answer.json()) as { error: { details: { code: string; hint: string } } }).error;

const html = { headers: { accept: "text/html,*/*;q=0.8" } };

describe("health", () => {
  test.each(["/health", "/healthz"])("%s", async (path) => {
    const { ask, forwarded } = harness();
    expect(await (await ask(path)).json()).toEqual({ ok: true, status: "live" });
    expect((await ask(path, { method: "HEAD" })).status).toBe(200);
    expect((await ask(path, { method: "POST" })).status).toBe(405);
    expect((await ask(path, {}, "evil.example")).status).toBe(200);
    expect(forwarded).toEqual([]);
  });
});

describe("files", () => {
  test("the page is asked for again each time, a hashed file never", async () => {
    const { ask } = harness();
    const page = await ask("/", html);
    expect([page.status, await page.text(), page.headers.get("cache-control"), page.headers.get("content-type")]).toEqual([
      200,
      "<html>",
      "no-cache",
      "text/html; charset=utf-8",
    ]);
    const script = await ask("/assets/app-1a2b.js");
    expect([script.status, await script.text(), script.headers.get("cache-control"), script.headers.get("etag")]).toEqual([
      200,
      "code()",
      "public, max-age=31536000, immutable",
      '"script"',
    ]);
  });

  test.each([
    ['"page"', 304],
    ['W/"page"', 304],
    ['"other", "page"', 304],
    ["*", 304],
    ['"other"', 200],
    ["page", 200],
  ])("If-None-Match %s gives %s", async (header, status) => {
    const answer = await harness().ask("/", { headers: { "if-none-match": header } });
    expect([answer.status, answer.headers.get("etag")]).toEqual([status, '"page"']);
    if (status === 304) expect(await answer.text()).toBe("");
  });

  test("HEAD has the headers and no body", async () => {
    const answer = await harness().ask("/assets/app-1a2b.js", { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "6", ""]);
  });

  test.each(["/_admin", "/_admin/", "/_admin/devices"])(
    "%s leads a person to the Access page, and a script nowhere",
    async (path) => {
      const { ask } = harness();
      const answer = await ask(path, html);
      expect([answer.status, answer.headers.get("location")]).toEqual([302, "/#/admin"]);
      expect((await ask(path)).status).toBe(404);
    },
  );

  test("only a navigation falls back to the page", async () => {
    const { ask } = harness();
    expect(await (await ask("/settings/models", html)).text()).toBe("<html>");
    expect((await ask("/settings/models")).status).toBe(404);
    expect((await ask("/assets/old-0000.js")).status).toBe(404);
    expect((await ask("/assets/old-0000.js", { headers: { ...html.headers, "sec-fetch-mode": "no-cors" } })).status).toBe(404);
  });

  test.each(["/../secrets", "/%2e%2e/secrets", "/..%2fsecrets", "/constructor", "/__proto__", "/%00", "/%", "//evil.example/"])(
    "%s is nowhere",
    async (path) => {
      const answer = await harness().ask(path);
      expect([answer.status, (await wireError(answer)).details.code]).toEqual([404, "NOT_FOUND"]);
    },
  );

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("%s on a page is 405", async (method) => {
    const answer = await harness().ask("/", { method });
    expect([answer.status, answer.headers.get("allow"), answer.headers.get("access-control-allow-origin")]).toEqual([
      405,
      "GET, HEAD",
      null,
    ]);
  });

  test("a file that the build promised and is not there is named", async () => {
    const answer = await harness().ask("/assets/gone.js");
    expect([answer.status, (await wireError(answer)).details.hint]).toEqual([503, "Build it again: `npm run build`."]);
  });
});

describe("what the Assistant answers", () => {
  test.each([
    ["/api/auth/me", {}],
    ["/api", {}],
    ["/debug/env", {}],
    ["/api/", { method: "POST" }],
    ["/readyz", {}],
    ["/any/page?x=1&token=abc", html],
    ["/", { headers: { upgrade: "websocket" } }],
    ["/ws", { headers: { upgrade: "WebSocket" } }],
  ])("%s %j", async (path, init: RequestInit) => {
    const { ask, forwarded } = harness();
    await ask(path, init);
    expect(forwarded).toEqual([`main ${init.method ?? "GET"} ${path.split("?")[0]}`]);
  });

  test.each([
    ["/apix", {}],
    ["/elsewhere", { headers: { upgrade: "websocket" } }],
    ["/assets/app-1a2b.js?token=abc", {}],
    ["/?tokens=abc", html],
  ])("not %s %j", async (path, init: RequestInit) => {
    const { ask, forwarded } = harness();
    await ask(path, init);
    expect(forwarded).toEqual([]);
  });
});

describe("an Assistant that ends while it is asked", () => {
  test("is asked again for what only reads", async () => {
    const { ask, forwarded } = harness(undefined, 1);
    expect(await (await ask("/api/status")).text()).toBe("from the assistant");
    expect(forwarded).toHaveLength(2);
  });

  test("is asked nothing else twice: the asker hears why, and that it may try again", async () => {
    const { ask, forwarded } = harness(undefined, 1);
    const answer = await ask("/api/doctor", { method: "POST", body: "{}" });
    expect([answer.status, answer.headers.get("retry-after"), forwarded.length]).toEqual([503, "1", 1]);
    expect(JSON.stringify(await answer.json())).toMatch(/a snapshot was restored.*UNAVAILABLE/);
  });

  test("for good, or by a fault of its own, is not asked again", async () => {
    const twice = harness(undefined, 2);
    expect((await twice.ask("/api/status")).status).toBe(500);
    expect(twice.forwarded).toHaveLength(2);
    const broken = harness(undefined, 1, {});
    expect([(await broken.ask("/api/status")).status, broken.forwarded.length]).toEqual([500, 1]);
  });
});

describe("every answer", () => {
  test.each(["/", "/assets/app-1a2b.js", "/nope.js", "/healthz"])("%s carries the headers", async (path) => {
    const { headers } = await harness().ask(path);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|style-src [^;]*unsafe|\*/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect([
      headers.get("x-content-type-options"),
      headers.get("referrer-policy"),
      headers.get("cross-origin-opener-policy"),
    ]).toEqual(["nosniff", "no-referrer", "same-origin"]);
    expect(headers.get("permissions-policy")).toContain("camera=()");
  });

  test("a policy of its own stays", async () => {
    expect((await harness().ask("/api/blobs/x")).headers.get("content-security-policy")).toBe("its own");
  });
});

describe("host names", () => {
  test.each(["/", "/api/auth/me", "/readyz", "/?token=x"])("a rebound name gets nothing of %s", async (path) => {
    const { ask, forwarded } = harness("molt.example.org");
    const answer = await ask(path, {}, "evil.example:8787");
    const error = await wireError(answer);
    expect([answer.status, error.details.code, forwarded]).toEqual([403, "ORIGIN_NOT_ALLOWED", []]);
    expect(error.details.hint).toContain("MOLTWORKER_ALLOWED_HOSTS");
    expect((await ask(path, html, "molt.example.org")).status).toBe(200);
  });

  test("a person who opens it reads why", async () => {
    const answer = await harness().ask("/?token=canary", html, "molt.example.org");
    const page = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([403, "text/html; charset=utf-8"]);
    expect(page).toContain("does not answer to the host name &quot;molt.example.org&quot;");
    expect(page).toContain("<code>moltworker status</code>");
    expect(page).not.toMatch(/canary|<script/);
  });
});
