/**
 * Random kills of the container, the engine, workerd and the supervisor, under commands that write files. Judged from outside:
 * never two generations at once, never an answer from an older one, no acknowledged file lost, no orphan. In the long form the
 * engine is one of the test's own and is killed for good; in the short one the way to the machine's engine is cut.
 */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEngineCut } from "../support/engine-cut.ts";
import { startOwnEngine } from "../support/own-engine.ts";
import { createRandom } from "../support/random.ts";
import { createSandboxWorld, docker as dockerAt, type SandboxWorld } from "../support/sandbox-world.ts";

const kills = Number(process.env.CONTAINER_KILLS ?? 8);
const isLong = process.env.CONTAINER_KILLS !== undefined;
/** The long form may be told in parts, each with a seed of its own. */
const seed = Number(process.env.CONTAINER_SEED ?? 20_261_128);
const recoverMs = 60_000;

interface Engine {
  /** The product's way to it. */
  socketPath: string;
  /** The test's own way; the machine's when absent. Never through this process, which waits for the answer. */
  lookAt?: string;
  /** It is gone for a moment, and comes back. */
  strike(): Promise<void>;
  close(): unknown;
}

let engine: Engine;
let world: SandboxWorld;
beforeAll(async () => {
  engine = isLong && process.getuid?.() === 0 ? await killableEngine() : await cuttableEngine();
  const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  world = await createSandboxWorld({ env, ...(engine.lookAt ? { engineSocket: engine.lookAt } : {}) });
});
afterAll(async () => {
  await world?.dispose();
  await engine?.close();
});
const docker = (args: string[]) => dockerAt(args, engine.lookAt);

async function killableEngine(): Promise<Engine> {
  const images = JSON.parse(
    readFileSync(new URL("../../packages/cli/dist/worker/images.json", import.meta.url), "utf8"),
  ) as Record<string, string>;
  const own = await startOwnEngine([images.sidecar as string, images.sandbox as string]);
  return {
    ...own,
    lookAt: own.socketPath,
    async strike() {
      await own.kill();
      await pause(500);
      await own.start();
    },
  };
}

async function cuttableEngine(): Promise<Engine> {
  const way = await openEngineCut();
  return {
    ...way,
    async strike() {
      way.cut();
      await pause(1_500);
      way.mend();
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const generationOf = (text: string) => Number(/\[in the sandbox, generation (\d+)\]/.exec(text)?.[1]);

const strikes: Record<string, () => Promise<void>> = {
  async container() {
    for (const { id, role } of world.containers()) if (role === "app") docker(["kill", "-s", "KILL", id]);
  },
  async hang() {
    for (const { id, role, state } of world.containers()) if (role === "app" && state === "running") docker(["pause", id]);
  },
  async network() {
    for (const { id, role } of world.containers()) if (role === "network") docker(["kill", "-s", "KILL", id]);
  },
  engine: () => engine.strike(),
  async workerd() {
    process.kill(world.server.pids.workerd, "SIGKILL");
  },
  async supervisor() {
    world.client.close();
    await world.server.killTree();
    await world.server.restart();
    await world.reconnect();
  },
};

it(`${kills} kills: one generation at a time, nothing saved is lost`, { timeout: kills * 90_000 + 120_000 }, async () => {
  const random = createRandom(seed);
  const saved = new Map<string, string>();
  let newest = 0;
  const stale: string[] = [];
  const seen = { most: 0 };
  const watch = setInterval(() => {
    const running = world.containers().filter(({ role, state }) => role === "app" && state === "running");
    seen.most = Math.max(seen.most, running.length);
  }, 500);
  const write = async (name: string) => {
    const answer = world.bash(`python3 -c "open('${name}.txt', 'w').write('${name}')"`);
    // A call whose socket was cut may never be answered; whether it ran is then nobody's claim.
    const { text, isError } = await Promise.race([answer, pause(25_000).then(() => ({ text: "", isError: true }))]);
    if (isError) return false;
    const generation = generationOf(text);
    if (generation < newest) stale.push(`${name}: generation ${generation} answered after ${newest}`);
    newest = Math.max(newest, generation);
    saved.set(`${name}.txt`, name);
    return true;
  };
  try {
    for (let round = 0; round < kills; round += 1) {
      const names = Object.keys(strikes);
      const strike = random.pick(names);
      const under = write(`under-${round}`).catch(() => false);
      await pause(random.next() * 1_500);
      await strikes[strike]?.();
      if (process.env.CONTAINER_KILLS_TOLD) console.log(`round ${round}: ${strike}`);
      if (strike !== "supervisor") await under;
      if (strike === "workerd") await world.client.reaches("connected");
      const deadline = Date.now() + recoverMs;
      while (!(await write(`after-${round}`).catch(() => false))) {
        if (Date.now() > deadline)
          throw new Error(
            `round ${round}: no command works ${recoverMs / 1_000} s after "${strike}": ${JSON.stringify(await world.sandbox())}`,
          );
        await pause(300);
      }
    }
  } finally {
    clearInterval(watch);
  }
  expect(stale).toEqual([]);
  expect(seen.most).toBe(1);
  for (const [path, content] of saved) expect(await world.file(path), path).toBe(content);
});

// It waits a minute: a part of the long form alone.
it.runIf(isLong)("no orphan is left a minute after a crash that nobody follows up", { timeout: 150_000 }, async () => {
  await world.bash("python3 -V");
  world.client.close();
  await world.server.killTree();
  const deadline = Date.now() + 60_000;
  const running = () => world.containers().filter(({ state }) => state === "running" || state === "paused");
  while (running().length > 0 && Date.now() < deadline) await pause(500);
  expect(running()).toEqual([]);
  await world.server.restart();
  await world.reconnect();
});
