/**
 * The AI gateway beside Portkey and beside no gateway at all, on the same upstream in the same run. Rates and processor time are
 * taken per product in alternation, so that what else the machine does falls on all of them.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gatewayTokenOf } from "../../tests/support/client.ts";
import { startServer } from "../../tests/support/server.ts";
import { openStock } from "../../tests/support/stock-socket.ts";
import { startBareWorker } from "../bare-worker.ts";
import { atRate, type LoadTarget, saturate, type Timing } from "../http-load.ts";
import { pinTree, useOf } from "../process-tree.ts";
import type { Bench, Row, RowGroup } from "../row.ts";
import { median, percentile, spread } from "../statistics.ts";

const portkeyVersion = "1.15.2";
/** What its own lockfile names. */
const portkeyPins = { hono: "4.9.7", "@hono/node-server": "1.13.5" };
const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

interface Gate {
  name: string;
  /** 0: nothing stands between. */
  pid: number;
  startMs: number;
  target(body: string, headers?: Record<string, string>): LoadTarget;
  stop(): Promise<void> | void;
}

const prompt = (bytes: number) => "a".repeat(Math.max(1, bytes - 90));
const whole = (bytes: number) => JSON.stringify({ model: "gpt-5-mini", messages: [{ role: "user", content: prompt(bytes) }] });
const stream = (paceMs: number, chunks: number, asksUsage = true) =>
  JSON.stringify({
    model: "gpt-5-mini",
    stream: true,
    ...(asksUsage ? { stream_options: { include_usage: true } } : {}),
    user: `pace=${paceMs},chunks=${chunks}`,
    messages: [{ role: "user", content: prompt(2_000) }],
  });

export const gateway: RowGroup = {
  name: "gateway",
  peerName: `portkey ${portkeyVersion}`,
  what: "the AI gateway beside Portkey and beside none",
  async measure(bench) {
    const upstream = await startUpstream();
    const gates: Gate[] = [];
    try {
      gates.push(direct(upstream.port), await ours(upstream.port));
      if (bench.products.length > 1) gates.push(await portkey(upstream.port));
      const floor = await bare(upstream.port);
      gates.push(floor);
      pinApart(gates, upstream.child.pid as number, bench);
      return await rowsOf(bench, gates.slice(0, -1), floor);
    } finally {
      for (const gate of gates) await gate.stop();
      upstream.child.kill("SIGTERM");
    }
  },
};

/** What stands between gets one core, both ends the other, so that neither takes from what is measured. */
function pinApart(gates: Gate[], upstreamPid: number, bench: Bench): void {
  const between = gates.flatMap(({ pid }) => (pid > 0 ? [pid] : []));
  // This process started all of them: the wider set first.
  const isApart =
    availableParallelism() > 1 && pinTree(process.pid, 1) && pinTree(upstreamPid, 1) && between.every((pid) => pinTree(pid, 0));
  if (!isApart) bench.say("gateway: cores could not be kept apart; what is measured shares them with its load");
}

type Figures = Record<string, number[]>;

/** `floor`: what the runtime itself costs; it stands in the notes. */
async function rowsOf(bench: Bench, gates: Gate[], floor: Gate): Promise<Row[]> {
  const figures = new Map<Gate, Figures>([...gates, floor].map((gate) => [gate, {}]));
  const put = (gate: Gate, id: string, value: number) => {
    const all = figures.get(gate) as Figures;
    all[id] = [...(all[id] ?? []), value];
  };
  for (const gate of [...gates, floor]) {
    await saturate(gate.target(whole(2_000)), 16, 5);
    await saturate(gate.target(stream(0, 200)), 8, 1);
  }
  for (let round = 0; round < 3; round += 1) {
    // One round tells enough of the floor.
    for (const gate of round === 0 ? [...gates, floor] : gates) {
      bench.say(`gateway: ${gate.name}, round ${round + 1} …`);
      await measureOnce(gate, put);
    }
  }
  const [none, our, peer] = gates as [Gate, Gate, Gate | undefined];
  const value = (gate: Gate | undefined, id: string) => (gate ? median(figures.get(gate)?.[id] ?? [Number.NaN]) : null);
  const added = (gate: Gate | undefined, id: string) => (gate ? (value(gate, id) as number) - (value(none, id) as number) : null);
  const note = (id: string, digits = 1) =>
    [our, peer, none, floor]
      .flatMap((gate) =>
        gate && figures.get(gate)?.[id] ? [`${gate.name} ${spread(figures.get(gate)?.[id] ?? [], digits)}`] : [],
      )
      .join("; ");
  const row = (id: string, what: string, unit: string, better: Row["better"], bar: number | null, difference = false): Row => ({
    id: `gateway.${id}`,
    what,
    unit,
    ours: difference ? added(our, id) : value(our, id),
    peer: difference ? added(peer, id) : value(peer, id),
    better,
    bar,
    note: note(id, unit === "ms" ? 2 : 0),
  });
  const twice = peer ? 2 * (value(peer, "rps") as number) : null;
  const twiceLarge = peer ? 2 * (value(peer, "rps100k") as number) : null;
  return [
    row(
      "p50",
      "added to the median at 100 requests/s",
      "ms",
      "lower",
      Math.min(1, peer ? (added(peer, "p50") as number) : 1),
      true,
    ),
    row("p99", "added to the 99th percentile at 100 requests/s", "ms", "lower", null, true),
    row("rps", "requests/s at most, 2 kB, metered", "1/s", "higher", twice),
    row("rps100k", "requests/s at most, 100 kB, metered", "1/s", "higher", twiceLarge),
    row("cpu", "processor time a request, 2 kB", "ms", "lower", null),
    row("first", "first chunk of 50 paced streams, added median", "ms", "lower", 2, true),
    row("core", "of a core at 2,300 chunks/s", "%", "lower", 30),
    row("coreUnasked", "the same where the caller asked for no usage, and none is shown", "%", "lower", null),
    row("gap99", "99th percentile between chunks of 20 ms", "ms", "lower", null),
    row("chunks", "chunks/s at most, unpaced", "1/s", "higher", null),
    row("memory", "memory after the load (RSS)", "MB", "lower", null),
    {
      ...row("start", "process start → first answer", "ms", "lower", null),
      ours: our.startMs,
      peer: peer?.startMs ?? null,
      note: "one start",
    },
  ];
}

async function measureOnce(gate: Gate, put: (gate: Gate, id: string, value: number) => void): Promise<void> {
  const check = (timing: Timing) => {
    if (timing.errors > timing.totals.length / 100)
      throw new Error(`${gate.name}: ${timing.errors} of ${timing.totals.length} failed`);
    return timing;
  };
  const paced = check(await atRate(gate.target(whole(2_000)), 100, 4));
  put(gate, "p50", median(paced.totals));
  put(gate, "p99", percentile(paced.totals, 0.99));
  const before = cpuOf(gate);
  const full = check(await saturate(gate.target(whole(2_000)), 32, 3));
  put(gate, "rps", full.totals.length / full.seconds);
  put(gate, "cpu", (cpuOf(gate) - before) / full.totals.length);
  const large = check(await saturate(gate.target(whole(100_000)), 16, 2));
  put(gate, "rps100k", large.totals.length / large.seconds);
  let cpu = cpuOf(gate);
  const streams = check(await fiftyStreams(gate, true));
  const core = (chunks: number) => ((cpuOf(gate) - cpu) * 100 * 2.3) / chunks;
  put(gate, "first", median(streams.firsts));
  put(gate, "gap99", percentile(streams.gaps, 0.99));
  put(gate, "core", core(streams.chunks));
  cpu = cpuOf(gate);
  put(gate, "coreUnasked", core(check(await fiftyStreams(gate, false)).chunks));
  const unpaced = check(await saturate(gate.target(stream(0, 400)), 16, 2));
  put(gate, "chunks", unpaced.chunks / unpaced.seconds);
  if (gate.pid > 0) put(gate, "memory", useOf(gate.pid).rssMb);
}

/** Begun one after the other, so that the first chunk tells of the way and not of a queue of fifty. */
const fiftyStreams = (gate: Gate, asksUsage: boolean) => saturate(gate.target(stream(20, 100, asksUsage)), 50, 2.5, 2_000);
const cpuOf = (gate: Gate) => (gate.pid > 0 ? useOf(gate.pid).cpuMs : 0);

async function bare(upstreamPort: number): Promise<Gate> {
  const { pid, port, startMs, stop } = await startBareWorker(upstreamPort);
  const target: Gate["target"] = (body, headers = {}) => ({ port, path: "/", headers, body });
  return { name: "bare Worker", pid, startMs, target, stop };
}

function direct(port: number): Gate {
  const target: Gate["target"] = (body, headers = {}) => ({
    port,
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer k", ...headers },
    body,
  });
  return { name: "direct", pid: 0, startMs: 0, target, stop: () => {} };
}

async function ours(port: number): Promise<Gate> {
  const server = await startServer({ env: { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } });
  const owner = await openStock(server.url, gatewayTokenOf(server.dataDir));
  const made = await owner.call("auth.tokens.create", { label: "bench", scopes: ["gateway.use"] });
  owner.close();
  const { token } = made.payload as { token: string };
  const target: Gate["target"] = (body, headers = {}) => ({
    port: server.port,
    path: "/openai/chat/completions",
    headers: { "cf-aig-authorization": `Bearer ${token}`, ...headers },
    body,
  });
  return { name: "moltworker", pid: server.pids.supervisor, startMs: server.startMs, target, stop: () => server.dispose() };
}

async function portkey(port: number): Promise<Gate> {
  const folder = installPortkey();
  const own = await freePort();
  const began = performance.now();
  const entry = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  const child = spawn(process.execPath, [entry, `--port=${own}`, "--headless"], {
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "production" },
    stdio: "ignore",
  });
  const target: Gate["target"] = (body, headers = {}) => ({
    port: own,
    path: "/v1/chat/completions",
    headers: {
      authorization: "Bearer k",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${port}/v1`,
      ...headers,
    },
    body,
  });
  await untilAnswers(own);
  return {
    name: `portkey ${portkeyVersion}`,
    pid: child.pid as number,
    startMs: performance.now() - began,
    target,
    stop: () => void child.kill("SIGTERM"),
  };
}

function installPortkey(): string {
  const folder = join(repository, ".cache", "portkey");
  if (existsSync(join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js"))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true, overrides: portkeyPins })}\n`);
  const args = [
    "install",
    `@portkey-ai/gateway@${portkeyVersion}`,
    "--save-exact",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`npm could not install @portkey-ai/gateway@${portkeyVersion}`);
  return folder;
}

async function startUpstream(): Promise<{ child: ChildProcess; port: number }> {
  const main = fileURLToPath(new URL("../fast-upstream.ts", import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((ready, failed) => {
    createInterface({ input: child.stdout as Readable }).once("line", ready);
    child.once("close", (code) => failed(new Error(`the upstream ended with ${code}`)));
  });
  return { child, port: (JSON.parse(line) as { port: number }).port };
}

async function untilAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (ok) return;
    await new Promise((later) => setTimeout(later, 25));
  }
  throw new Error("it did not come up");
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}
