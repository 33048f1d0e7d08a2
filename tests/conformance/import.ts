/**
 * `npm run test:conformance -- import`: a home that stock OpenClaw has made and lived in (a conversation with a tool, a schedule,
 * files, keys) is imported by the command, and what came over is looked at in the running product, as a client of it would.
 */

import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { openLoad } from "../../bench/load.ts";
import { startFakeProvider } from "../fakes/provider.ts";
import { connectClient } from "../support/client.ts";
import {
  createOpenClawHome,
  installOpenClaw,
  type OpenClawHome,
  openClawVersion,
  runOpenClaw,
  spawnOpenClaw,
} from "../support/openclaw.ts";
import { type CommandEvent, startServer } from "../support/server.ts";

const token = "gateway-token-of-the-old-home-0123456789";
const providerKey = "sk-canary-of-the-old-home-0123456789";
const said = "Lobsters keep their promises.";

/** Exit code. Prints a line for each thing that was looked at. */
export async function runImport(): Promise<number> {
  installOpenClaw();
  const provider = await startFakeProvider();
  const home = createOpenClawHome();
  const server = await startServer();
  const failures: string[] = [];
  const check: Check = (what, holds, seen = "") => {
    console.log(`${holds ? "ok  " : "FAIL"}  ${what}`);
    if (!holds) failures.push(`${what}: ${JSON.stringify(seen).slice(0, 600)}`);
  };
  try {
    console.log(`stock openclaw ${openClawVersion} makes a home …`);
    await live(home, provider.url);
    const source = join(home.path, ".openclaw");
    const before = fingerprint(source);

    const dry = await server.run("import", source);
    const lines = dry.events.filter(({ type }) => type === "line");
    check("the report comes first and changes nothing", dry.code === 0 && dry.events.at(-1)?.applied === false, dry);
    check(
      "it is seen as a home of OpenClaw",
      dry.events.some(({ type, layout }) => type === "source" && layout === "a home of OpenClaw"),
      dry.events[0],
    );
    const done = await server.run("import", source, "--yes");
    check("everything of the report is imported", done.code === 0 && done.events.at(-1)?.failed === 0, done.events.at(-1));
    check("the source was only read", fingerprint(source) === before);
    const texts = [dry, done].map(({ stdout, stderr }) => stdout + stderr).join("");
    check("no secret is shown", !texts.includes(token) && !texts.includes(providerKey));

    await server.event(({ type, event }) => type === "log" && event === "server.token_file_written");
    await lookAround(server.url, lines, check);

    const again = await server.run("import", source, "--yes");
    const verdicts = new Set(again.events.filter(({ type }) => type === "line").map(({ verdict }) => verdict));
    check(
      "twice gives the same",
      [...verdicts].every((verdict) => verdict === "same" || verdict === "dropped"),
      changedIn(again.events),
    );
  } finally {
    await server.dispose();
    await provider.close();
    home.remove();
  }
  for (const failure of failures) console.log(`      ${failure}`);
  console.log(failures.length === 0 ? "the home of stock openclaw was imported" : `${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}

type Check = (what: string, holds: boolean, seen?: unknown) => void;

/** What came over, as a client of the running product sees it. */
async function lookAround(url: string, lines: CommandEvent[], check: Check): Promise<void> {
  const client = await connectClient(url, { token });
  check("the old gateway token opens the new assistant", true);
  const { sessions } = await client.request("sessions.list", {});
  const found = await Promise.all(
    sessions.map(async ({ key }) =>
      JSON.stringify((await client.request("chat.history", { sessionKey: key, limit: 200 })).messages),
    ),
  );
  check(
    "the conversation is there, with its answer",
    found.some((text) => text.includes(said)),
    sessions,
  );
  check(
    "and with what its tool was asked",
    found.some((text) => text.includes("echo from the old home")),
    found,
  );
  const read = async (name: string) => (await client.request("agents.files.get", { name })).file.content;
  check("the soul that was written there is here", (await read("SOUL.md")).includes("A soul of my own"));
  check("so is the memory of a day", (await read("memory/2026-11-01.md")).includes("likes tea"));
  const { config } = await client.request("config.get", {});
  check("no secret is in the settings", !JSON.stringify(config).includes(providerKey) && !JSON.stringify(config).includes(token));
  check(
    "the schedule is named, kept, and said not to run yet",
    lines.some(
      ({ kind, name, verdict, why }) =>
        kind === "schedule" && name === "water the plants" && verdict === "aside" && /schedules\.json/.test(String(why)),
    ) && (await read("imported/schedules.json")).includes("water the plants"),
    lines.filter(({ kind }) => kind === "schedule"),
  );
  client.close();
}

const changedIn = (events: CommandEvent[]) =>
  events.filter(({ type, verdict }) => type === "line" && verdict !== "same" && verdict !== "dropped");

/** A gateway runs, talks, acts, is given a schedule, and is stopped. */
async function live(home: OpenClawHome, providerUrl: string): Promise<void> {
  const port = await freePort();
  const state = join(home.path, ".openclaw");
  mkdirSync(join(state, "workspace/memory"), { recursive: true });
  writeFileSync(join(state, "openclaw.json"), JSON.stringify(settings(port, providerUrl)));
  writeFileSync(join(state, "workspace/SOUL.md"), "# A soul of my own\n");
  writeFileSync(join(state, "workspace/memory/2026-11-01.md"), "She likes tea.\n");
  let gateway = startGateway(home);
  try {
    const url = `ws://127.0.0.1:${port}`;
    const load = await until(() => {
      // On a busy machine it gives itself up now and then.
      if (gateway.exitCode !== null || gateway.signalCode !== null) gateway = startGateway(home);
      return openLoad(`${url}/`, token);
    });
    await load.turn("agent:main:main", `hello [[say: ${said}]]`);
    await load.turn("agent:main:main", '[[tool: exec {"command":"echo from the old home"}]] [[then]] [[say: it is done]]');
    load.close();
    const cron = [
      "cron",
      "add",
      "--name",
      "water the plants",
      "--every",
      "12h",
      "--session",
      "isolated",
      "--message",
      "Water the plants.",
    ];
    const added = await runOpenClaw(home, [...cron, "--url", url, "--token", token], 120_000);
    if (added.code !== 0) throw new Error(`stock openclaw took no schedule: ${added.stderr}${added.stdout}`);
  } finally {
    const ended = gateway.exitCode === null && gateway.signalCode === null ? once(gateway, "close") : undefined;
    gateway.kill("SIGTERM");
    const timer = setTimeout(() => gateway.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(timer);
  }
}

function startGateway(home: OpenClawHome) {
  const gateway = spawnOpenClaw(home, ["gateway", "run"]);
  gateway.stdout?.resume();
  gateway.stderr?.resume();
  return gateway;
}

function settings(port: number, providerUrl: string): object {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const size = { reasoning: false, input: ["text"], contextWindow: 200_000, maxTokens: 8_192, cost };
  const models = [{ id: "fake-large", name: "Fake Large", ...size }];
  return {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: "token", token } },
    models: { providers: { old: { baseUrl: `${providerUrl}/v1`, apiKey: providerKey, api: "openai-completions", models } } },
    agents: { defaults: { model: { primary: "old/fake-large" } } },
  };
}

async function until<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const end = Date.now() + 300_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw new Error(`stock openclaw did not come up: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Every file with its size and time of change. */
function fingerprint(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs} ${name.endsWith(".json") ? readFileSync(join(folder, name)).length : ""}`;
    })
    .join("\n");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
