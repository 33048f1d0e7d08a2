/**
 * Random kills of the container, the way to the engine, workerd and the supervisor, under commands that write files. Judged
 * from outside: never two generations at once, never an answer from an older one, no acknowledged file lost, no orphan.
 */

import { afterAll, beforeAll, expect, it } from "vitest";
import { type EngineCut, openEngineCut } from "../support/engine-cut.ts";
import { createRandom } from "../support/random.ts";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

const kills = Number(process.env.CONTAINER_KILLS ?? 8);
/** The long form may be told in parts, each with a seed of its own. */
const seed = Number(process.env.CONTAINER_SEED ?? 20_261_128);
const recoverMs = 60_000;

let engine: EngineCut;
let world: SandboxWorld;
beforeAll(async () => {
  engine = await openEngineCut();
  world = await createSandboxWorld({ env: { DOCKER_HOST: `unix://${engine.socketPath}` } });
});
afterAll(async () => {
  engine?.mend();
  await world?.dispose();
  engine?.close();
});

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
  async engine() {
    engine.cut();
    await pause(1_500);
    engine.mend();
  },
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
    expect(generation).toBeGreaterThanOrEqual(newest);
    newest = generation;
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
  expect(seen.most).toBeLessThanOrEqual(1);
  for (const [path, content] of saved) expect(await world.file(path), path).toBe(content);
});

// It waits a minute: a part of the long form alone.
it.runIf(process.env.CONTAINER_KILLS)(
  "no orphan is left a minute after a crash that nobody follows up",
  { timeout: 150_000 },
  async () => {
    await world.bash("python3 -V");
    world.client.close();
    await world.server.killTree();
    const deadline = Date.now() + 70_000;
    const running = () => world.containers().filter(({ state }) => state === "running" || state === "paused");
    while (running().some(({ role }) => role === "app") && Date.now() < deadline) await pause(1_000);
    expect(running().filter(({ role }) => role === "app")).toEqual([]);
    await world.server.restart();
    await world.reconnect();
  },
);
