/** The Worker in Cloudflare's own local runtime, from the configuration that is deployed: sign-in, a turn, files in R2, the UI. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ChatEvent } from "../../packages/protocol/src/events.ts";
import { AUDIENCE, createTeamKey, signToken, startTeamServer, type TeamKey, type TeamServer } from "../support/access-team.ts";
import { connectClient } from "../support/client.ts";
import { type CloudflareWorker, startCloudflareWorker } from "../support/cloudflare-worker.ts";

const TOKEN = "token-of-the-deployment-0123456789";
const repository = fileURLToPath(new URL("../..", import.meta.url));
let key: TeamKey;
let team: TeamServer;
let worker: CloudflareWorker;
beforeAll(async () => {
  key = createTeamKey("k1");
  team = await startTeamServer([key]);
  worker = await startCloudflareWorker({
    MOLTBOT_GATEWAY_TOKEN: TOKEN,
    CF_ACCESS_TEAM_DOMAIN: team.issuer,
    CF_ACCESS_AUD: AUDIENCE,
  });
});
afterAll(async () => {
  await worker?.dispose();
  await team?.close();
});

const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, worker.url), { redirect: "manual", ...init });

/** The link of a deployment: asked for with the gateway token, opened in a browser. */
async function signIn(): Promise<string> {
  const made = await ask("/api/host/link", { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
  const { code } = (await made.json()) as { code: string };
  const answer = await ask("/api/auth/link", {
    method: "POST",
    headers: { "content-type": "application/json", origin: worker.url.slice(0, -1) },
    body: JSON.stringify({ code }),
  });
  expect(answer.status).toBe(200);
  return answer.headers.get("set-cookie")?.split(";")[0] as string;
}

/** True when the browser's own headers open the socket, with no secret in any frame. */
function opens(headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${worker.url.replace("http", "ws")}ws`, {
      headers: { origin: worker.url.slice(0, -1), ...headers },
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(false));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      const client = { id: "openclaw-control-ui", version: "1", platform: "web", mode: "ui" };
      const params = { minProtocol: 4, maxProtocol: 4, client };
      if (frame.event === "connect.challenge") socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params }));
      if (frame.type !== "res") return;
      resolve(frame.ok);
      socket.close();
    });
  });
}

describe("as deployed", () => {
  test("the one-time link opens the socket; without it nothing does", async () => {
    expect(await opens({ cookie: await signIn() })).toBe(true);
    expect(await opens({})).toBe(false);
    expect((await ask("/api/host/link", { method: "POST" })).status).toBe(401);
  });

  test("an Access identity opens the socket", async () => {
    expect(await opens({ "cf-access-jwt-assertion": signToken(key, team.issuer, Date.now()) })).toBe(true);
    expect(await opens({ "cf-access-jwt-assertion": signToken(createTeamKey("k1"), team.issuer, Date.now()) })).toBe(false);
  });

  test("a turn with the demo model streams, and a new deployment still has it", async () => {
    const client = await connectClient(worker.url, { token: TOKEN });
    const { runId } = await client.request("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "turn-1" });
    const ofRun = (state: ChatEvent["state"]) =>
      client.event(({ event, payload }) => {
        const chat = payload as ChatEvent;
        return event === "chat" && chat.runId === runId && chat.state === state;
      });
    expect((await ofRun("delta")).payload).toMatchObject({ deltaText: expect.stringContaining("Hello") });
    await ofRun("final");
    client.close();

    await worker.restart();
    const again = await connectClient(worker.url, { token: TOKEN });
    const history = JSON.stringify(await again.request("chat.history", { sessionKey: "main" }));
    expect(history).toContain("hello");
    expect(history).toContain("Demo");
    again.close();
  });

  test("answers to any name that Cloudflare routes to it, and to its own pages alone", async () => {
    const from = (origin: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const { port } = new URL(worker.url);
        const headers = { host: "assistant.example.com", origin, "content-type": "application/json" };
        const asked = request({ host: "127.0.0.1", port, path: "/api/auth/token", method: "POST", headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on("error", reject).end(JSON.stringify({ token: TOKEN }));
      });
    expect(await from("http://assistant.example.com")).toBe(200);
    expect(await from("http://evil.example")).toBe(403);
  });

  test("a file goes to R2 and comes back", async () => {
    const cookie = await signIn();
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const headers = { cookie, origin: worker.url.slice(0, -1), "content-type": "image/png" };
    const stored = await ask("/api/blobs", { method: "POST", headers, body: bytes });
    const { blobId } = (await stored.json()) as { blobId: string };
    const read = await ask(`/api/blobs/${blobId}`, { headers: { cookie } });
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("the UI comes whole, under its own rules", async () => {
    const page = await ask("/", { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] as string;
    const asset = await ask(script);
    expect(asset.status).toBe(200);
    expect(asset.headers.get("content-type")).toContain("javascript");
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect((await asset.text()).length).toBeGreaterThan(10_000);
  });
});

describe("npm run deploy -- --dry-run", () => {
  async function dryRun(...flags: string[]): Promise<{ output: string; code: unknown }> {
    const home = mkdtempSync(join(tmpdir(), "moltworker-home-"));
    try {
      const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`, HOME: home, NODE_NO_WARNINGS: "1" };
      const child = spawn(process.execPath, ["scripts/deploy.mjs", "--dry-run", ...flags], {
        cwd: repository,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      return { code: await new Promise((resolve) => child.once("close", resolve)), output };
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }

  test("needs no account and no network, and lists what would be deployed", async () => {
    const { output, code } = await dryRun();
    expect(output).toMatch(/ASSISTANT.*Durable Object/);
    expect(output).toMatch(/BLOBS.*R2 Bucket/);
    expect(output).toMatch(/ASSETS.*Assets/);
    expect(output).toMatch(/Worker: \d+ modules, [\d.]+ MB compressed/);
    expect(output).not.toMatch(/config\.bin|CONTAINERS/);
    expect(code).toBe(0);
  });

  test("takes containers along when asked, without building their images", async () => {
    const { output, code } = await dryRun("--containers");
    expect(output).toMatch(/ASSISTANT.*Durable Object/);
    expect(output).toMatch(/CONTAINERS \(ContainerObject\).*Durable Object/);
    expect(code).toBe(0);
    const joined = JSON.parse(readFileSync(join(repository, "dist/wrangler.json"), "utf8"));
    for (const { dockerfile, build_context: context } of Object.values<Record<string, string>>(joined.containers[0].images)) {
      expect(existsSync(join(repository, "dist", context as string))).toBe(true);
      expect(readFileSync(join(repository, "dist", dockerfile as string), "utf8")).toMatch(/^ENTRYPOINT /m);
    }
  });

  test("takes OpenClaw along when asked, as one more image of the same class", async () => {
    const { output, code } = await dryRun("--openclaw");
    expect(output).toMatch(/CONTAINERS \(ContainerObject\).*Durable Object/);
    expect(code).toBe(0);
    const joined = JSON.parse(readFileSync(join(repository, "dist/wrangler.json"), "utf8"));
    const images = joined.containers[0].images as Record<string, { dockerfile: string; build_context: string }>;
    expect(Object.keys(images)).toEqual(["sandbox", expect.stringMatching(/^moltbot-\d+\.\d+\.\d+$/)]);
    const { dockerfile, build_context: context } = Object.values(images)[1] as { dockerfile: string; build_context: string };
    expect(readFileSync(join(repository, "dist", dockerfile), "utf8")).toMatch(/FROM openclaw AS moltbot[\s\S]*^ENTRYPOINT /m);
    for (const part of ["moltbot/server/main.mjs", "openclaw/server/warm.mjs", "shared/fence.mjs"])
      expect(existsSync(join(repository, "dist", context, part)), part).toBe(true);
  });

  test("the version in wrangler.jsonc is the product's", () => {
    const { version } = JSON.parse(readFileSync(join(repository, "packages/cli/package.json"), "utf8")) as { version: string };
    expect(readFileSync(join(repository, "wrangler.jsonc"), "utf8")).toContain(`"VERSION": "${version}"`);
  });
});
