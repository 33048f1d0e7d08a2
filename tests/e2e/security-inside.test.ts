/** Rows of `security-rows.ts` about what comes in and what gets out, shown on the running server, each by its id. */

import { readdirSync, readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { testToken } from "../fakes/telegram.ts";
import { openSurface } from "../support/browser.ts";
import { gatewayTokenOf } from "../support/client.ts";
import { connectFrame, openRaw, openReady, request } from "../support/raw-socket.ts";
import {
  apiToken,
  ask,
  call,
  client,
  heard,
  json,
  link,
  payloadOf,
  row,
  sessionCookie,
  useSecurityWorld,
  withBots,
  world,
} from "../support/security.ts";
import { startServer } from "../support/server.ts";
import { messageUpdate } from "../support/telegram.ts";
import { isReady } from "../support/ui.ts";

useSecurityWorld();

row("webhook-secret", async () => {
  await withBots(async ({ own, socket, secrets: { default: secret } }) => {
    expect(secret.length).toBeGreaterThanOrEqual(32);
    const post = (token: string | undefined, update: unknown) =>
      ask(
        "/channels/telegram/default",
        json(update, token === undefined ? {} : { "x-telegram-bot-api-secret-token": token }),
        own,
      );
    const update = { update_id: 1_001, ...messageUpdate({ text: "by webhook" }) };
    for (const wrong of [undefined, "", secret.slice(0, -1), `${secret}x`, secret.toLowerCase(), "undefined", testToken]) {
      if (wrong !== secret) expect([wrong, (await post(wrong, update)).status]).toEqual([wrong, 403]);
    }
    expect(await heard(socket)).toEqual([]);
    expect((await post(secret, update)).status).toBe(200);
    expect((await post(secret, update)).status).toBe(200);
    await expect.poll(async () => (await heard(socket)).length).toBe(1);
    expect((await post(secret, { rubbish: true })).status).toBe(400);
  });
});

row("route-binding", async () => {
  await withBots(async ({ own, socket, secrets }) => {
    expect(secrets.default).not.toBe(secrets.second);
    const post = (path: string, token: string) =>
      ask(
        path,
        json({ update_id: 1_001, ...messageUpdate({ text: "whose" }) }, { "x-telegram-bot-api-secret-token": token }),
        own,
      );
    expect((await post("/channels/telegram/default", secrets.second)).status).toBe(403);
    expect((await post("/channels/telegram/second", secrets.default)).status).toBe(403);
    for (const path of [
      "/channels/telegram",
      "/channels/telegram/",
      "/channels/telegram/third",
      "/channels/TELEGRAM/default",
      "/channels/telegram/Default",
      "/channels/slack/default",
      "/channels/telegram/default/second",
    ])
      expect([path, (await post(path, secrets.default)).status]).toEqual([path, 404]);
    expect(await heard(socket)).toEqual([]);
    expect((await post("/channels/telegram/second", secrets.second)).status).toBe(200);
    await expect.poll(async () => (await heard(socket)).map(({ accountId }) => accountId)).toEqual(["second"]);
  });
});

row("bodies", async () => {
  const { hostname, port } = new URL(world.server.url);
  const piece = Buffer.alloc(65_536, 0x61);
  /** Streams without end as chunks; gives the status, and how much the world.server took before it hung up or answered. */
  const flood = (path: string) =>
    new Promise<{ status: string; sent: number }>((resolve) => {
      const socket = connectTcp(Number(port), hostname);
      let sent = 0;
      let status = "";
      const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const end = () => {
        socket.destroy();
        resolve({ status, sent });
      };
      const pump = () => {
        while (!socket.destroyed && sent < 2 ** 30) {
          sent += piece.length;
          if (!socket.write(`${piece.length.toString(16)}\r\n${piece.toString("latin1")}\r\n`))
            return void socket.once("drain", pump);
        }
        end();
      };
      socket.on("data", (bytes: Buffer) => {
        status ||= /HTTP\/1\.1 (\d+)/.exec(bytes.toString("latin1"))?.[1] ?? "";
        end();
      });
      socket.on("error", end);
      socket.on("close", end);
      socket.write(head, pump);
    });
  const floods = await Promise.all(
    Array.from({ length: 40 }, (_, index) => flood(index % 2 ? "/api/auth/token" : "/api/auth/link")),
  );
  for (const { status, sent } of floods) {
    expect(["413", ""]).toContain(status);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  }
  expect(floods.some(({ status }) => status === "413")).toBe(true);
  expect((await ask("/health")).status).toBe(200);
  expect((await call("health")).ok).toBe(true);
});

row("paths", async () => {
  const cookie = await sessionCookie();
  const hostile = [
    "/../../../../etc/passwd",
    "/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/%2e%2e%5c%2e%2e%5cetc%5cpasswd",
    "/api/blobs/..%2f..%2fdo-storage",
    "/api/blobs/%00",
    "/api/blobs/../../gateway-token",
    "//etc/passwd",
    "/gateway-token",
    "/do-storage/",
  ];
  const { hostname, port } = new URL(world.server.url);
  for (const path of hostile) {
    // By hand: a URL class would tidy the path up before it is sent.
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connectTcp(Number(port), hostname, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`),
      );
      let all = "";
      socket.on("data", (bytes: Buffer) => {
        all += bytes.toString("latin1");
      });
      socket.on("close", () => resolve(all));
      socket.on("error", reject);
    });
    expect(text).not.toContain("root:");
    expect(text).not.toContain(gatewayTokenOf(world.server.dataDir));
  }
  for (const name of ["../../../etc/passwd", "/etc/passwd", "a/../../b", "\u0000", "..\\..\\x"]) {
    const read = await call("agents.files.get", { agentId: "main", name });
    expect(JSON.stringify(read)).not.toContain("root:");
  }
});

row("scripting", async () => {
  const corpus = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)", `"><svg onload=alert(1)>`];
  for (const text of corpus) {
    await call("config.patch", { raw: JSON.stringify({ agent: { name: text.slice(0, 40) } }) });
    await call("sessions.create", { label: text });
    await call("chat.send", {
      sessionKey: "agent:main:main",
      message: text,
      idempotencyKey: `xss-${text.length}-${crypto.randomUUID()}`,
    });
  }
  const { page, faults, context } = await openSurface(world.browser, await link());
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await isReady(page);
  await page
    .getByText(corpus[1] as string)
    .first()
    .waitFor();
  const policy = (await ask("/")).headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/default-src 'none'/);
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  // What a stranger's script would have to pass: inline script does not run.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.__ran = true";
    document.body.append(script);
  });
  expect(await page.evaluate(() => "__ran" in window)).toBe(false);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(dialogs).toBe(0);
  expect(faults.filter((fault) => !/script-src|Content Security Policy|inline/.test(fault))).toEqual([]);
  await call("config.patch", { raw: JSON.stringify({ agent: { name: "Molt" } }) });
  await context.close();
});

row("leaks", async () => {
  const canary = `canary-${"k".repeat(30)}`;
  const answers: string[] = [];
  const keep = async (answer: Response) => answers.push(await answer.text(), JSON.stringify([...answer.headers]));
  await keep(await ask("/api/auth/token", json({ token: canary })));
  await keep(await ask("/api/auth/link", json({ code: canary })));
  await keep(await ask("/api/host/status", { headers: { authorization: `Bearer ${canary}` } }));
  await keep(await ask("/api/host/status", { headers: { cookie: `molt_session=${canary}` } }));
  await keep(await ask(`/?token=${canary}`, { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } }));
  await keep(await ask("/v1/models", { headers: { authorization: `Bearer ${canary}` } }));
  const socket = await openRaw(world.server.url);
  socket.send(connectFrame(canary));
  answers.push(JSON.stringify(await socket.frame((frame) => frame.type === "res")), (await socket.closed).reason);
  answers.push(
    JSON.stringify(
      await call("models.authSetApiKey", { provider: "anthropic", apiKey: `sk-ant-${canary}`, baseUrl: "http://127.0.0.1:9" }),
    ),
  );
  answers.push(JSON.stringify(await call("audit.list", { limit: 500 })), JSON.stringify(await call("config.get")));
  const doctor = await world.server.run("doctor", "--json");
  const logs = readdirSync(join(world.server.dataDir, "logs")).map((name) =>
    readFileSync(join(world.server.dataDir, "logs", name), "utf8"),
  );
  const everything = [...answers, JSON.stringify(world.server.events), doctor.stdout, doctor.stderr, ...logs].join("\n");
  for (const secret of [canary, gatewayTokenOf(world.server.dataDir)]) expect(everything.split(secret).length - 1).toBe(0);
});

row("rotation", async () => {
  const own = await startServer();
  try {
    const old = gatewayTokenOf(own.dataDir);
    const bystander = await openReady(own.url, own.dataDir);
    const asker = await openReady(own.url, own.dataDir);
    const begun = performance.now();
    asker.send(request("rotate", "auth.gatewayToken.rotate", { token: "the next token of this test" }));
    await asker.frame((frame) => frame.id === "rotate");
    const inForce = await ask("/api/host/status", { headers: { authorization: "Bearer the next token of this test" } }, own);
    const inForceMs = performance.now() - begun;
    await bystander.closed;
    const closedMs = performance.now() - begun;
    const dead = await ask("/api/host/status", { headers: { authorization: `Bearer ${old}` } }, own);
    expect([inForce.status, dead.status]).toEqual([200, 401]);
    process.stdout.write(
      `rotation: in force after ${inForceMs.toFixed(0)} ms, old sockets closed after ${closedMs.toFixed(0)} ms\n`,
    );
    expect(inForceMs).toBeLessThan(5_000);
    expect(closedMs).toBeLessThan(1_000);
  } finally {
    await own.dispose();
  }
});

row("workspace-settings", async () => {
  const own = await startServer();
  try {
    const socket = await openReady(own.url, own.dataDir);
    const before = payloadOf<object>(await call("config.get", {}, socket));
    const planted = {
      ".env": "MOLTBOT_GATEWAY_TOKEN=planted\nDEV_MODE=true\nOPENAI_API_KEY=planted\n",
      "openclaw.json": '{"gateway":{"auth":{"mode":"none"}}}',
      "moltworker.json": '{"agent":{"name":"Planted"}}',
      ".npmrc": "registry=http://127.0.0.1:9/\n",
      "wrangler.jsonc": '{"vars":{"DEV_MODE":"true"}}',
    };
    for (const [name, content] of Object.entries(planted))
      await call("agents.files.set", { agentId: "main", name, content }, socket);
    socket.close();
    await own.stop();
    await own.restart();
    const again = await openReady(own.url, own.dataDir);
    expect(payloadOf<object>(await call("config.get", {}, again))).toEqual(before);
    expect((await ask("/api/host/status", { headers: { authorization: "Bearer planted" } }, own)).status).toBe(401);
    expect((await ask("/api/host/status", {}, own)).status).toBe(401);
  } finally {
    await own.dispose();
  }
});

row("no-open-door", async () => {
  const own = await startServer({ env: { DEV_MODE: "true", E2E_TEST_MODE: "true", OPENCLAW_DEV_MODE: "true" } });
  try {
    const open = ["/health", "/healthz", "/readyz", "/sandbox-health", "/api/status", "/api/auth/me"];
    for (const path of open) expect([path, (await ask(path, {}, own)).status]).toEqual([path, 200]);
    const closed = [
      ["GET", "/api/host/status"],
      ["GET", "/api/host/gateway-token"],
      ["POST", "/api/host/link"],
      ["POST", "/api/host/drain"],
      ["POST", "/api/doctor"],
      ["POST", "/api/doctor/fix"],
      ["POST", "/api/auth/signout"],
      ["POST", "/api/auth/passkey/register/options"],
      ["GET", "/api/admin/devices"],
      ["POST", "/api/admin/devices/approve-all"],
      ["GET", "/api/admin/storage"],
      ["POST", "/api/admin/gateway/restart"],
      ["PUT", "/api/blobs"],
      ["GET", "/api/blobs/x"],
      ["GET", "/debug/version"],
      ["GET", "/debug/env"],
      ["GET", "/v1/models"],
      ["POST", "/v1/chat/completions"],
    ] as const;
    for (const [method, path] of closed) {
      const body = method === "GET" ? {} : { headers: { "content-type": "application/json" }, body: "{}" };
      expect([path, (await ask(path, { method, ...body }, own)).status]).toEqual([path, 401]);
    }
    const me = (await (await ask("/api/auth/me", {}, own)).json()) as { signedIn: boolean };
    expect(me.signedIn).toBe(false);
    const socket = await openRaw(own.url);
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client() }));
    expect((await socket.frame((frame) => frame.id === "hello")).error?.details.code).toBe("AUTH_TOKEN_MISSING");
  } finally {
    await own.dispose();
  }
});

row("header-forms", async () => {
  const token = await apiToken(["operator.read"]);
  const forms = (secret: string) => [`Bearer ${secret}`, `bearer ${secret}`, `BEARER   ${secret}`, `Bearer ${secret} `];
  for (const authorization of forms(token))
    expect((await ask("/api/host/status", { headers: { authorization } })).status).toBe(200);
  await call("auth.tokens.revoke", {
    id: payloadOf<{ tokens: { id: string; label: string }[] }>(await call("auth.tokens.list")).tokens[0]?.id,
  });
  for (const authorization of forms(token))
    expect((await ask("/api/host/status", { headers: { authorization } })).status).toBe(401);
  for (const auth of [{ token }, { password: token }, { deviceToken: token }, { token: ` ${token} ` }]) {
    const socket = await openRaw(world.server.url);
    socket.send(request("hello", "connect", { minProtocol: 4, maxProtocol: 4, client: client(), auth }));
    expect((await socket.frame((frame) => frame.id === "hello")).ok).toBe(false);
    socket.close();
  }
});
