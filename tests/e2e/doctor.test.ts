/** `moltworker doctor`: each fault is planted for real and named by its own check alone; with nothing planted, no false alarm. */

import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ErrorCode } from "@moltworker/protocol/errors";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { AUDIENCE, createTeamKey, signToken, startTeamServer } from "../support/access-team.ts";
import { connectClient, gatewayTokenOf } from "../support/client.ts";
import { startProxy, startStranger } from "../support/doctor-proxy.ts";
import { runDoctor as doctor, exitOf } from "../support/run-doctor.ts";
import { commandPath, type Server, type ServerOptions, startServer } from "../support/server.ts";

const key = "sk-of-the-test-0123456789";
let provider: FakeProvider;
const cleanUps: (() => unknown)[] = [];
beforeAll(async () => {
  provider = await startFakeProvider({ apiKey: key });
});
afterEach(async () => {
  provider.expectKey(key);
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(() => provider.close());

const healthy = () => ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: `${provider.url}/v1` });

async function started(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer({ env: healthy(), ...options });
  cleanUps.push(() => server.dispose());
  return server;
}

/** Ends the run of a message, and whatever became of it. */
async function ask(server: Server, text: string): Promise<void> {
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const { runId } = await client.request("chat.send", {
    sessionKey: "main",
    message: text,
    idempotencyKey: `ask-${Math.random()}`,
  });
  await client.event((frame) => frame.event === "chat" && isEnd(frame.payload as { runId: string; state: string }, runId));
  client.close();
}

const isEnd = (payload: { runId: string; state: string }, runId: string) => payload.runId === runId && payload.state !== "delta";

function sqliteOf(dataDir: string): string {
  const folder = join(dataDir, "do", "moltworker-Assistant");
  const file = readdirSync(folder).find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return join(folder, file as string);
}

/** Stops, changes the assistant's own database, starts again. */
async function plantRow(server: Server, sql: string): Promise<void> {
  await server.stop();
  const database = new DatabaseSync(sqliteOf(server.dataDir));
  database.exec(sql);
  database.close();
  await server.restart();
}

describe("with nothing planted", () => {
  it("raises no alarm, on this machine and from outside, with and without real calls", async () => {
    const server = await started();
    const own = await doctor(["--data", server.dataDir]);
    expect([own.troubles, own.exit]).toEqual([[], 0]);
    expect(own.checks.filter(({ verdict }) => verdict === "ok").length).toBeGreaterThan(20);
    const probed = await doctor(["--data", server.dataDir, "--probe"]);
    expect([probed.troubles, probed.exit]).toEqual([[], 0]);
    const token = gatewayTokenOf(server.dataDir);
    const far = await doctor([`${server.url}?token=${token}#x`, "--token-stdin"], `${token}\n`);
    expect([far.troubles, far.exit]).toEqual([[], 0]);
    expect(far.checks.find(({ id }) => id === "token")?.verdict).toBe("ok");
    const stranger = await doctor([server.url]);
    expect([stranger.troubles, stranger.exit]).toEqual([[], 0]);
    expect(own.output + far.output).not.toContain(token);
    expect(own.output + probed.output).not.toContain(key);
  });
});

describe("the data folder", () => {
  it("names a token of another kind, and each fault of its file", async () => {
    const server = await started();
    const path = join(server.dataDir, "gateway-token");
    const token = readFileSync(path, "utf8");

    // The supervisor looks after the file once at the start; a first look at all lets it finish.
    expect((await doctor(["--data", server.dataDir])).troubles).toEqual([]);
    writeFileSync(path, "another token\n");
    const wrong = await doctor(["--data", server.dataDir]);
    expect([wrong.troubles, wrong.exit]).toEqual([["token: fail AUTH_TOKEN_MISMATCH"], exitOf("AUTH_TOKEN_MISMATCH")]);

    expect((await doctor(["--data", server.dataDir, "--fix"])).troubles).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe(token);

    rmSync(path);
    expect((await doctor(["--data", server.dataDir])).troubles).toEqual(["token-file: fail AUTH_TOKEN_MISSING"]);
    expect((await doctor(["--data", server.dataDir, "--fix"])).troubles).toEqual([]);

    expect(readFileSync(path, "utf8")).toBe(token);
    chmodSync(path, 0o644);
    const open = await doctor(["--data", server.dataDir]);
    expect([open.troubles, open.exit]).toEqual([["token-file: fail FILE_EXPOSED"], exitOf("FILE_EXPOSED")]);
    const cured = await doctor(["--data", server.dataDir, "--fix"]);
    expect([cured.troubles, cured.exit, statSync(path).mode & 0o777]).toEqual([[], 0, 0o600]);

    chmodSync(server.dataDir, 0o755);
    expect((await doctor(["--data", server.dataDir])).troubles).toEqual(["data-folder: warn FILE_EXPOSED"]);
    expect((await doctor(["--data", server.dataDir, "--fix"])).troubles).toEqual([]);
  });

  it("names files that cannot be kept", async () => {
    const server = await started();
    rmSync(join(server.dataDir, "blobs"), { recursive: true });
    writeFileSync(join(server.dataDir, "blobs"), "garbage");
    const seen = await doctor(["--data", server.dataDir]);
    expect([seen.troubles, seen.exit]).toEqual([["blobs: fail DATA_NOT_WRITABLE"], exitOf("DATA_NOT_WRITABLE")]);
    await server.stop();
    expect((await doctor(["--data", server.dataDir, "--port", "0"])).troubles).toEqual(["data-folder: fail DATA_NOT_WRITABLE"]);
  });

  it("names a damaged database, running or not", async () => {
    const server = await started();
    await server.stop();
    writeFileSync(sqliteOf(server.dataDir), "this is no database, and it is longer than a header");
    const seen = await doctor(["--data", server.dataDir, "--port", "0"]);
    expect([seen.troubles, seen.exit]).toEqual([["database: fail STORAGE_CORRUPT"], exitOf("STORAGE_CORRUPT")]);
  });

  it("names a lock that a crash left behind, and releases it", async () => {
    const server = await started();
    await server.killTree();
    const options = ["--data", server.dataDir, "--port", "0"];
    expect((await doctor(options)).troubles).toEqual(["lock: warn LOCK_HELD", "running: fail NOT_RUNNING"]);
    expect((await doctor([...options, "--fix"])).troubles).toEqual(["running: fail NOT_RUNNING"]);
    expect((await doctor(options)).troubles).toEqual(["running: fail NOT_RUNNING"]);
  });
});

describe("a start", () => {
  it("names that nothing runs, a port that is taken, and a missing binary", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltworker-doctor-"));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    const data = join(folder, "data");
    const idle = await doctor(["--data", data, "--port", "0"]);
    expect([idle.troubles, idle.exit]).toEqual([["running: fail NOT_RUNNING"], exitOf("NOT_RUNNING")]);

    const other = createServer().listen(0, "127.0.0.1");
    cleanUps.push(() => other.close());
    await new Promise((resolve) => other.once("listening", resolve));
    const taken = await doctor(["--data", data, "--port", String((other.address() as AddressInfo).port)]);
    expect([taken.troubles, taken.exit]).toEqual([["port: fail PORT_TAKEN"], exitOf("PORT_TAKEN")]);
    expect(taken.checks.find(({ id }) => id === "port")?.cause).toContain(String(process.pid));

    cpSync(dirname(commandPath), join(folder, "program"), { recursive: true });
    const bare = await doctor(["--data", data, "--port", "0"], "", join(folder, "program", "moltworker.mjs"));
    expect([bare.troubles, bare.exit]).toEqual([["workerd: fail WORKERD_MISSING"], exitOf("WORKERD_MISSING")]);
  });
});

describe("inside the assistant", () => {
  it("names what is wrong with a provider", async () => {
    const own = await startFakeProvider({ apiKey: key });
    cleanUps.push(() => own.close());
    const server = await started({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${own.url}/v1` } });
    const options = ["--data", server.dataDir];

    await ask(server, "[[fault: quota]]");
    const spent = await doctor(options);
    expect([spent.troubles, spent.exit]).toEqual([["provider-quota: fail PROVIDER_QUOTA"], exitOf("PROVIDER_QUOTA")]);

    own.expectKey("another key");
    const rejected = await doctor([...options, "--probe"]);
    expect([rejected.troubles, rejected.exit]).toEqual([
      ["provider-key: fail PROVIDER_KEY_REJECTED"],
      exitOf("PROVIDER_KEY_REJECTED"),
    ]);
    // What a real call said is known without another one.
    expect((await doctor(options)).troubles).toEqual(rejected.troubles);

    own.expectKey(key);
    expect((await doctor([...options, "--probe"])).troubles).toEqual([]);
    await own.close();
    const gone = await doctor([...options, "--probe"]);
    expect(gone.troubles).toEqual(["provider-reachable: fail PROVIDER_UNAVAILABLE"]);
    expect(gone.checks.find(({ id }) => id === "provider-reachable")?.cause).toContain(own.url);
  });

  it("names a default model of nobody, and variables in the wrong place", async () => {
    const server = await started({ env: { ...healthy(), MOLTWORKER_MODEL: "nobody/none" } });
    const model = await doctor(["--data", server.dataDir]);
    expect([model.troubles, model.exit]).toEqual([["model: fail MODEL_UNKNOWN"], exitOf("MODEL_UNKNOWN")]);
    const telegram = `1234567890:${"A".repeat(35)}`;
    const other = await started({ env: { ...healthy(), MOLTBOT_GATEWAY_TOKEN: telegram } });
    const kind = await doctor(["--data", other.dataDir]);
    expect([kind.troubles, kind.exit]).toEqual([["variables: warn CONFIG_INVALID"], 0]);
    expect(kind.output).toContain("a Telegram bot token");
    expect(kind.output).not.toContain(telegram);
  });

  it("names an Access team that publishes no keys", async () => {
    const stranger = await startStranger(404);
    cleanUps.push(() => stranger.close());
    const env = { ...healthy(), CF_ACCESS_TEAM_DOMAIN: stranger.url, CF_ACCESS_AUD: "a".repeat(64) };
    const server = await started({ env });
    const seen = await doctor(["--data", server.dataDir]);
    expect([seen.troubles, seen.exit]).toEqual([["access-team: fail ACCESS_JWT_INVALID"], exitOf("ACCESS_JWT_INVALID")]);
  });

  it("names an invalid setting by path and type, and drops it", async () => {
    const server = await started();
    const value = `{"name":"Ada","maxSteps":"many"}`;
    await plantRow(server, `INSERT OR REPLACE INTO config VALUES ('agent', '${value}', 1, 'test', 0)`);
    const seen = await doctor(["--data", server.dataDir]);
    expect([seen.troubles, seen.exit]).toEqual([["config: fail CONFIG_INVALID"], exitOf("CONFIG_INVALID")]);
    expect(seen.checks.find(({ id }) => id === "config")?.cause).toMatch(/^the setting agent\.maxSteps: .*number.*string/);
    const cured = await doctor(["--data", server.dataDir, "--fix"]);
    expect([cured.troubles, cured.exit]).toEqual([[], 0]);
    expect(cured.checks.find(({ id }) => id === "config")?.fixed).toContain("agent.maxSteps");
  });

  it("names STOP, and a run that was given up", async () => {
    const server = await started();
    const client = await connectClient(server.url, { dataDir: server.dataDir });
    await client.request("gateway.suspend", { suspended: true });
    const seen = await doctor(["--data", server.dataDir]);
    expect([seen.troubles, seen.exit]).toEqual([["stop: fail SUSPENDED"], exitOf("SUSPENDED")]);
    await client.request("gateway.suspend", { suspended: false });
    client.close();
    await plantRow(
      server,
      `INSERT INTO runs (id, session_key, channel, principal, state, created_at, ended_at, error)
       VALUES ('run_x', 'agent:main:main', 'web', '{}', 'failed', ${Date.now()}, ${Date.now()}, '{"details":{"code":"RUN_CRASHED"}}')`,
    );
    expect((await doctor(["--data", server.dataDir])).troubles).toEqual(["runs: warn RUN_CRASHED"]);
  });
});

describe("the way to the assistant", () => {
  it("names what a proxy does to it", async () => {
    const server = await started();
    const token = gatewayTokenOf(server.dataDir);
    const through = async (faults: Parameters<typeof startProxy>[1]) => {
      const proxy = await startProxy(server, faults);
      cleanUps.push(() => proxy.close());
      const { troubles, exit } = await doctor([proxy.url, "--token-stdin"], token);
      return [troubles, exit];
    };
    expect(await through({ upgrade: "drop" })).toEqual([["upgrade: fail UPGRADE_BLOCKED"], exitOf("UPGRADE_BLOCKED")]);
    expect(await through({ upgrade: "silent" })).toEqual([["upgrade: fail UPGRADE_BLOCKED"], exitOf("UPGRADE_BLOCKED")]);
    expect(await through({ host: "assistant.example" })).toEqual([
      ["product: fail ORIGIN_NOT_ALLOWED"],
      exitOf("ORIGIN_NOT_ALLOWED"),
    ]);
    expect(await through({ host: "127.0.0.1:1" })).toEqual([["upgrade: fail ORIGIN_NOT_ALLOWED"], exitOf("ORIGIN_NOT_ALLOWED")]);
    expect(await through({ dateSkewMs: 600_000 })).toEqual([["date: fail CLOCK_SKEWED"], exitOf("CLOCK_SKEWED")]);
    expect(await through({ dateSkewMs: -60_000 })).toEqual([["date: warn CLOCK_SKEWED"], 0]);
    const older = (text: string) => text.replace(/"version":"[^"]+"/, '"version":"0.0.1"');
    expect(await through({ body: older })).toEqual([["version: warn PROTOCOL_MISMATCH"], 0]);
    expect(await through({})).toEqual([[], 0]);
  });

  it("names a token of Access that is meant for another application, is of another team, or is over", async () => {
    const key = createTeamKey("one");
    const team = await startTeamServer([key]);
    cleanUps.push(() => team.close());
    const env = { ...healthy(), CF_ACCESS_TEAM_DOMAIN: team.issuer, CF_ACCESS_AUD: AUDIENCE };
    const server = await started({ env });
    const token = gatewayTokenOf(server.dataDir);
    const behindAccess = async (jwt: string) => {
      const proxy = await startProxy(server, { adds: { "cf-access-jwt-assertion": jwt } });
      cleanUps.push(() => proxy.close());
      return doctor([proxy.url, "--token-stdin"], token);
    };
    const now = Date.now();
    for (const [jwt, words] of [
      [signToken(key, team.issuer, now, { claims: { aud: ["another-application-0123456789abcdef"] } }), /audience|application/],
      [signToken(key, "https://another-team.cloudflareaccess.com", now), /team|issue/],
      [signToken(key, team.issuer, now - 7_200_000), /expired|over/],
    ] as const) {
      const seen = await behindAccess(jwt);
      expect([seen.troubles, seen.exit]).toEqual([["door: fail ACCESS_JWT_INVALID"], exitOf("ACCESS_JWT_INVALID")]);
      expect(seen.checks.find(({ id }) => id === "door")?.cause).toMatch(words);
    }
  });

  it("names a proxy that signs everybody in", async () => {
    const server = await started();
    const token = gatewayTokenOf(server.dataDir);
    const proxy = await startProxy(server, { adds: { authorization: `Bearer ${token}` } });
    cleanUps.push(() => proxy.close());
    const seen = await doctor([proxy.url]);
    expect([seen.troubles, seen.exit]).toEqual([["door: fail DOOR_OPEN"], exitOf("DOOR_OPEN")]);
    expect(seen.output).not.toContain(token);
  });

  it("names a wrong token given from outside, and does not repeat it", async () => {
    const server = await started();
    const seen = await doctor([server.url, "--token-stdin"], "sk-ant-api03-wrong-kind");
    expect([seen.troubles, seen.exit]).toEqual([["token: fail AUTH_TOKEN_MISMATCH"], exitOf("AUTH_TOKEN_MISMATCH")]);
    expect(seen.output).toContain("an Anthropic API key");
    expect(seen.output).not.toContain("wrong-kind");
  });

  it.each<[string, string, number, Record<string, string>]>([
    ["a page of another program", "product: fail NOT_MOLTWORKER", 200, { server: "nginx" }],
    [
      "a login of Cloudflare Access",
      "access: fail ACCESS_BLOCKED",
      302,
      { location: "https://team.cloudflareaccess.com/cdn-cgi/access/login" },
    ],
    ["a refusal of Cloudflare Access", "access: fail ACCESS_BLOCKED", 403, { "cf-access-domain": "team.cloudflareaccess.com" }],
  ])("names %s, and gives it no secret", async (_, expected, status, headers) => {
    const stranger = await startStranger(status, headers);
    cleanUps.push(() => stranger.close());
    const seen = await doctor([stranger.url, "--token-stdin"], "a token");
    expect([seen.troubles, seen.exit]).toEqual([[expected], exitOf(expected.split(" ").at(-1) as ErrorCode)]);
    expect(stranger.authorizations).toEqual([]);
  });

  it("names an address where nothing is, a name that nobody has, and a certificate that is none", async () => {
    const stranger = await startStranger(200);
    const tls = await doctor([stranger.url.replace("http:", "https:")]);
    expect([tls.troubles, tls.exit]).toEqual([["tls: fail TLS_FAILED"], exitOf("TLS_FAILED")]);
    await stranger.close();
    const gone = await doctor([stranger.url]);
    expect([gone.troubles, gone.exit]).toEqual([["reachable: fail NOT_RUNNING"], exitOf("NOT_RUNNING")]);
    const nobody = await doctor(["https://no-such-name.invalid"]);
    expect([nobody.troubles, nobody.exit]).toEqual([["name: fail NAME_NOT_FOUND"], exitOf("NAME_NOT_FOUND")]);
  });

  it("refuses what is no address", async () => {
    expect((await doctor(["ftp://x.example"])).exit).toBe(exitOf("USAGE"));
  });
});
