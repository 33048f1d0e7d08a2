/**
 * The sandbox and a hosted OpenClaw on this machine's Docker Engine: a cold start has no container and no network, a warm one
 * has its network still. Where no engine or image is, the rows are left out.
 */

import { spawnSync } from "node:child_process";
import { createHostedWorld, turnOf } from "../../tests/support/hosted-world.ts";
import { createSandboxWorld, docker, type SandboxWorld } from "../../tests/support/sandbox-world.ts";
import type { Product } from "../product.ts";
import type { Bench, Row, RowGroup } from "../row.ts";

const starts = 3;
const trips = 15;
const turns = 8;
const fileMegabytes = 40;

export const containers: RowGroup = {
  name: "containers",
  what: "the sandbox's starts, round trips and files; a hosted OpenClaw beside one that runs directly",
  async measure(bench) {
    if (spawnSync("docker", ["version"], { stdio: "ignore" }).status !== 0) {
      bench.say("NOT RUN: no Docker Engine answers");
      return [];
    }
    return [...(await sandboxRows()), ...(await hostedRows(bench))];
  },
};

async function sandboxRows(): Promise<Row[]> {
  const world = await createSandboxWorld();
  try {
    const cold = [];
    const warm = [];
    for (let index = 0; index < starts; index += 1) {
      await world.client.request("containers.delete", { id: "sandbox" });
      for (const { id } of world.containers()) docker(["rm", "-f", "-v", id]);
      cold.push(await firstOutput(world));
      await world.client.request("containers.stop", { id: "sandbox" }, { timeoutMs: 60_000 });
      warm.push(await firstOutput(world));
    }
    const exec = [];
    for (let index = 0; index < trips; index += 1) exec.push(await wholeCommand(world));
    const memory = memoryRow(world);
    const row = (id: string, what: string, values: number[], bar: number | null): Row => ({
      ...{ id, what, unit: "ms", better: "lower", bar, peer: null },
      ours: median(values),
      note: `median of ${values.length}, ${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`,
    });
    return [
      row("containers.cold", "no container and no network → first output", cold, null),
      row("containers.warm", "asleep → first output", warm, 1_000),
      row("containers.exec", "one command in a sandbox that runs, its files looked at before and after", exec, null),
      await filesRow(world),
      await intoRow(world),
      memory,
    ];
  } finally {
    await world.dispose();
  }
}

/** From the call to the first word of its output. */
async function firstOutput(world: SandboxWorld): Promise<number> {
  const { firstOutputMs, text } = await world.bash("git --version");
  if (firstOutputMs === undefined) throw new Error(`the command gave no output: ${text}`);
  return firstOutputMs;
}

const wholeCommand = async (world: SandboxWorld): Promise<number> => (await world.bash("git --version")).durationMs;

/** The other way: the assistant's files in a container that has none of them yet. It runs already; its first command brings them. */
async function intoRow(world: SandboxWorld): Promise<Row> {
  await world.client.request("containers.restart", { id: "sandbox" }, { timeoutMs: 60_000 });
  const { text, durationMs: filled } = await world.bash(
    "cat /workspace/bench-*.bin | python3 -c 'import sys; print(len(sys.stdin.buffer.read()))'",
  );
  if (!text.includes(String(fileMegabytes * 1_000_000))) throw new Error(`the files are not in the new container: ${text}`);
  const idle = [];
  for (let index = 0; index < starts; index += 1) idle.push(await wholeCommand(world));
  return {
    ...{ id: "containers.into", what: "the assistant's files put into a new container", unit: "MB/s", better: "higher" },
    ...{ ours: fileMegabytes / ((filled - median(idle)) / 1_000), peer: null, bar: null },
    note: `${fileMegabytes} MB and the command that reads them, beyond an idle command`,
  };
}

async function filesRow(world: SandboxWorld): Promise<Row> {
  const spent = await timed(() =>
    world.bash(
      `python3 -c "import os\nfor n in range(${fileMegabytes / 4}): open(f'bench-{n}.bin', 'wb').write(os.urandom(4_000_000))"`,
    ),
  );
  const { text } = await world.bash("ls bench-*.bin | wc -l");
  if (!text.includes(String(fileMegabytes / 4))) throw new Error(`the files were not saved: ${text}`);
  return {
    ...{ id: "containers.files", what: "files made in the sandbox and saved by the assistant", unit: "MB/s", better: "higher" },
    ...{ ours: fileMegabytes / (spent / 1_000), peer: null, bar: null },
    note: `${fileMegabytes} MB in files of 4 MB, from the message to the end of its run`,
  };
}

function memoryRow(world: SandboxWorld): Row {
  const ids = world.containers().map(({ id }) => id);
  const used = docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", ...ids]);
  const total = [...used.matchAll(/^([\d.]+)(KiB|MiB|GiB)/gm)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * ({ KiB: 1 / 1_024, MiB: 1, GiB: 1_024 }[unit as string] ?? 0),
    0,
  );
  return {
    ...{ id: "containers.memory", what: "idle sandbox and its network", unit: "MiB", better: "lower" },
    ...{ ours: total, peer: null, bar: null, note: "as the engine counts it, files included" },
  };
}

async function hostedRows(bench: Bench): Promise<Row[]> {
  if (!docker(["images", "-q", "moltworker-moltbot"]).trim()) {
    bench.say("NOT RUN: the image of OpenClaw is not built (`moltworker containers build moltbot`)");
    return [];
  }
  // The peer first: it may have to be installed, for minutes in which this process hears nobody.
  const direct = bench.products[1] ? await directTurns(bench, bench.products[1]) : undefined;
  const world = await createHostedWorld();
  try {
    const began = performance.now();
    await world.patch({ engine: "moltbot" });
    const info = await world.settled(240_000);
    if (info.state !== "ready") throw new Error(`the hosted OpenClaw did not start: ${info.reason?.cause}`);
    const startMs = performance.now() - began;
    const socket = await world.socket();
    await turnOf(socket, "warm");
    const own = [];
    for (let index = 0; index < turns; index += 1) own.push(await timed(() => turnOf(socket, `turn ${index}`)));
    socket.close();
    const note = "the peer is the same OpenClaw, run directly";
    return [
      {
        ...{ id: "hosted.start", what: "chosen → ready, with container, home and checked settings", unit: "ms", better: "lower" },
        ...{ ours: startMs, peer: direct?.helloMs ?? null, bar: null, note },
      },
      {
        ...{ id: "hosted.turn", what: "one message → its end, through our edge and gateway", unit: "ms", better: "lower" },
        ...{ ours: median(own), peer: direct?.turnMs ?? null, bar: null, note: `${note}; median of ${turns}` },
      },
    ];
  } finally {
    await world.dispose();
  }
}

async function directTurns(bench: Bench, product: Product): Promise<{ helloMs: number; turnMs: number }> {
  const peer = await bench.running(product);
  const times = [];
  for (let index = 0; index < turns; index += 1)
    times.push(await timed(() => peer.load.turn("agent:main:hosted", `turn ${index} [[say: fine]]`)));
  return { helloMs: peer.helloMs, turnMs: median(times) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
