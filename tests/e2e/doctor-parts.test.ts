/** The doctor and the parts: channels, Cloudflare's gateway, snapshots, files, containers. Each fault is planted for real and named by its own check alone. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startCloudflareGateway } from "../fakes/cloudflare-gateway.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { startFakeTelegram, testToken } from "../fakes/telegram.ts";
import { exitOf, runDoctor } from "../support/run-doctor.ts";
import { startS3Server } from "../support/s3-server.ts";
import { type Server, startServer } from "../support/server.ts";
import { snapshotHost } from "../support/snapshot-host.ts";
import { messageUpdate, strangerId } from "../support/telegram.ts";

const key = "sk-of-the-test-0123456789";
let provider: FakeProvider;
const cleanUps: (() => unknown)[] = [];
beforeAll(async () => {
  provider = await startFakeProvider({ apiKey: key });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(() => provider.close());

async function started(env: Record<string, string> = {}, args: string[] = []): Promise<Server> {
  const server = await startServer({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${provider.url}/v1`, ...env }, args });
  cleanUps.push(() => server.dispose());
  return server;
}

const look = (server: Server, ...flags: string[]) => runDoctor(["--data", server.dataDir, ...flags]);

/** Until the doctor has something to say: what is asked in the background takes a moment. */
async function troubled(server: Server) {
  for (let tries = 0; tries < 40; tries += 1) {
    const seen = await look(server, "--probe");
    if (seen.troubles.length > 0) return seen;
  }
  throw new Error("the doctor found nothing");
}

async function telegram(token = testToken) {
  const fake = await startFakeTelegram();
  cleanUps.push(() => fake.close());
  return { fake, env: { TELEGRAM_API_BASE_URL: fake.url, TELEGRAM_BOT_TOKEN: token } };
}

it("names a bot token that Telegram does not take", async () => {
  const { env } = await telegram("7000000001:not-the-right-token-at-all-000000");
  const seen = await troubled(await started(env));
  expect([seen.troubles, seen.exit]).toEqual([["channels: fail CHANNEL_TOKEN_REJECTED"], exitOf("CHANNEL_TOKEN_REJECTED")]);
});

it("names another program that reads the bot's messages", async () => {
  const { fake, env } = await telegram();
  fake.conflict = true;
  const seen = await troubled(await started(env));
  expect(seen.troubles).toEqual(["channels: warn CHANNEL_CONFLICT"]);
});

it("names another installation that takes the bot's webhook", async () => {
  const { fake, env } = await telegram();
  const server = await started(env);
  await fake.waitFor((call) => call.method === "getWebhookInfo");
  fake.webhook = { url: "https://elsewhere.example.net/hook", secret: "x" };
  fake.push(messageUpdate({ from: strangerId, text: "hello?" }));
  const seen = await troubled(server);
  expect(seen.troubles).toEqual(["channels: warn CHANNEL_CONFLICT"]);
  expect(seen.checks.find(({ id }) => id === "channels")?.cause).toContain("a webhook is set");
});

it("raises no alarm for a bot that works", async () => {
  const { fake, env } = await telegram();
  const server = await started(env);
  await fake.waitFor((call) => call.method === "getWebhookInfo");
  expect((await look(server, "--probe")).troubles).toEqual([]);
});

it("names a token that Cloudflare's gateway does not take, and a gateway that is not there", async () => {
  const cloudflare = await startCloudflareGateway(provider.url);
  cleanUps.push(() => cloudflare.close());
  const managed = (gateway: string, token: string) => ({
    CF_AI_GATEWAY_ACCOUNT_ID: cloudflare.account,
    CF_AI_GATEWAY_GATEWAY_ID: gateway,
    CF_AI_GATEWAY_URL: cloudflare.url,
    CLOUDFLARE_AI_GATEWAY_API_KEY: token,
  });
  const wrongToken = await look(await started(managed(cloudflare.gateway, "another-token")), "--probe");
  expect(wrongToken.checks.find(({ id }) => id === "managed-gateway")).toMatchObject({
    verdict: "fail",
    code: "PROVIDER_KEY_REJECTED",
    cause: expect.stringContaining("AI Gateway unauthorised"),
  });
  const wrongName = await look(await started(managed("elsewhere", cloudflare.token)), "--probe");
  expect(wrongName.checks.find(({ id }) => id === "managed-gateway")).toMatchObject({ verdict: "fail", code: "NOT_FOUND" });
});

it("names a bucket that refuses snapshots", async () => {
  const s3 = await startS3Server();
  cleanUps.push(() => s3.close());
  const server = await started();
  const host = snapshotHost(server);
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
  await host.destination({ endpoint, bucket, accessKeyId, secretAccessKey, region: "us-east-1" });
  s3.gate = (_request, response) => Boolean(response.writeHead(403).end());
  expect(await host.ended(await host.begin("create"))).toMatchObject({ state: "failed" });
  const seen = await look(server);
  expect([seen.troubles, seen.exit]).toEqual([["snapshots: fail SNAPSHOT_STORE_REFUSED"], exitOf("SNAPSHOT_STORE_REFUSED")]);
});

it("names a snapshot that was damaged", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-snapshots-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const server = await started({}, ["--snapshots", folder]);
  const host = snapshotHost(server);
  const made = await host.ended(await host.begin("create"));
  expect(made).toMatchObject({ state: "done" });
  const chunks = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.parentPath.includes("chunks"),
  );
  expect(chunks.length).toBeGreaterThan(0);
  for (const { parentPath, name } of chunks) writeFileSync(join(parentPath, name), "poison");
  await host.ended(await host.begin("verify", { id: made.snapshotId }));
  expect((await look(server)).troubles).toEqual(["snapshots: warn SNAPSHOT_DAMAGED"]);
});

it("names images that are not built, where an engine answers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-engine-"));
  const engine = createServer((request, response) => {
    const path = (request.url ?? "").replace(/^\/v[\d.]+/, "").split("?")[0];
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (path === "/version") return json(200, { Version: "29.0.0", ApiVersion: "1.52" });
    if (path === "/containers/json") return json(200, []);
    return json(404, { message: "no such object" });
  });
  await new Promise<void>((resolve) => engine.listen(join(folder, "docker.sock"), resolve));
  cleanUps.push(() => {
    engine.closeAllConnections();
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const server = await started({ DOCKER_HOST: `unix://${join(folder, "docker.sock")}` });
  const seen = await look(server);
  expect(seen.troubles).toEqual(["containers: warn CONTAINER_IMAGE_MISSING"]);
  expect(seen.checks.find(({ id }) => id === "containers")?.cure?.command).toBe("moltworker containers build");
});
