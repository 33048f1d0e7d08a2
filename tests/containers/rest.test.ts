/**
 * What holds a container while it runs and what ends it: its limits as they are set, the time of a command, a stop in the
 * middle of one, and sleep. Sleep takes more than a minute and is a part of the long form.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyBuild } from "../support/build-copy.ts";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

const isLong = process.env.CONTAINER_KILLS !== undefined;
const limits = { memoryMiB: 600, cpus: 0.5, processes: 90, diskMiB: 200 };

let world: SandboxWorld;
beforeAll(async () => {
  world = await createSandboxWorld();
  await world.client.request("config.patch", { raw: JSON.stringify({ containers: { ...limits, idleMinutes: 1 } }) } as never);
});
afterAll(() => world?.dispose());

const app = () => world.containers().find(({ role }) => role === "app");
const generationOf = (text: string) => Number(/\[in the sandbox, generation (\d+)\]/.exec(text)?.[1]);

describe("its limits", () => {
  it("are the engine's, as the settings say", async () => {
    await world.bash("python3 -V");
    const [{ HostConfig }] = JSON.parse(docker(["inspect", app()?.id ?? ""])) as [{ HostConfig: Record<string, unknown> }];
    const memory = limits.memoryMiB * 1_048_576;
    expect(HostConfig).toMatchObject({ NanoCpus: 500_000_000, Memory: memory, MemorySwap: memory, PidsLimit: limits.processes });
    const sizes = Object.values(HostConfig.Tmpfs as Record<string, string>).map((options) => /size=(\d+)m/.exec(options)?.[1]);
    expect(sizes.reduce((sum, size) => sum + Number(size), 0)).toBe(limits.diskMiB);
    expect((await world.sandbox()).limits).toEqual(limits);
  });

  it("hold: four busy loops get no more of the processor than one container may have", async () => {
    const loop = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end: pass\nprint(time.process_time())";
    const { text } = await world.bash(`for n in 1 2 3 4; do python3 -c '${loop}' & done; wait`);
    const spent = [...text.matchAll(/^[\d.]+$/gm)].map(([seconds]) => Number(seconds));
    expect(spent.length).toBe(4);
    // Three seconds at half a processor, and what the first slice lets through.
    expect(spent.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThan(2.2);
  });
});

it("a command that runs too long is ended with all that it started, and says so", async () => {
  // The image itself, because a command of the assistant has ten minutes.
  const build = copyBuild();
  const secret = "0123456789abcdef".repeat(4);
  const environment = ["MOLTWORKER_GENERATION=5", `MOLTWORKER_GENERATION_SECRET=${secret}`].flatMap((one) => ["-e", one]);
  const label = `moltworker.owner=${world.owner}`;
  const id = docker([
    "run",
    "-d",
    "--label",
    label,
    "-p",
    "127.0.0.1::8080",
    ...environment,
    build.images().sandbox as string,
  ]).trim();
  try {
    const port = /:(\d+)/.exec(docker(["port", id, "8080"]))?.[1];
    const headers = { "x-moltworker-generation": "5", authorization: `Bearer ${secret}` };
    const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
    for (let look = 0; look < 200 && !(await ask("/ready").catch(() => undefined))?.ok; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const command = "echo first; (setsid sleep 300 &) ; sleep 300";
    const answer = await ask("/exec", { method: "POST", body: JSON.stringify({ command, timeoutMs: 1_000 }) });
    const lines = (await answer.text()).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      { type: "output", name: "stdout", text: "first\n" },
      expect.objectContaining({ type: "exit", signal: "SIGKILL", killed: "it ran longer than 1 seconds" }),
    ]);
    expect(docker(["exec", id, "pgrep", "-c", "sleep"]).trim()).toBe("0");
    // Without the secret of this generation, or for another one, nobody is heard.
    const stranger = { ...headers, authorization: "Bearer of nothing" };
    const other = { ...headers, "x-moltworker-generation": "4" };
    const refused = await Promise.all(
      [stranger, other].map((given) => fetch(`http://127.0.0.1:${port}/ready`, { headers: given })),
    );
    expect(refused.map(({ status }) => status)).toEqual([401, 409]);
    expect(refused.map((one) => one.headers.get("x-moltworker-generation"))).toEqual(["5", "5"]);
  } finally {
    docker(["rm", "-f", "-v", id]);
    build.dispose();
  }
});

it("the assistant stops within its time though a command runs, and says afterwards that nobody knows how that ended", async () => {
  await world.client.request("chat.send", {
    sessionKey: "agent:main:stopped",
    message: `[[tool: bash ${JSON.stringify({ command: "python3 -c 'import time; time.sleep(500)'" })}]] [[then]] [[say: done]]`,
    idempotencyKey: "stopped",
  });
  for (let look = 0; look < 300 && (await world.sandbox()).jobs === 0; look += 1)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const began = Date.now();
  await world.server.stop();
  // Eight seconds for the assistant, five for what it runs.
  expect(Date.now() - began).toBeLessThan(13_000);
  expect(world.containers()).toEqual([]);
  await world.server.restart();
  await world.reconnect();
  await world.client.request("agent.wait", { runId: "stopped", timeoutMs: 60_000 }, { timeoutMs: 60_000 });
  const { messages } = await world.client.request("chat.history", { sessionKey: "agent:main:stopped" });
  expect(JSON.stringify(messages)).toContain("outcome is unknown");
});

it.runIf(isLong)("it sleeps when nobody has used it for its idle time, and the next command wakes it", async () => {
  const before = generationOf((await world.bash("python3 -V")).text);
  const deadline = Date.now() + 110_000;
  let info = await world.sandbox();
  while (info.state !== "stopped" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    info = await world.sandbox();
  }
  expect(info).toMatchObject({ state: "stopped", reason: null, runningImage: null });
  expect(Date.now() - info.lastUsedAt).toBeGreaterThanOrEqual(60_000);
  // Its network stays, so that it wakes in half the time.
  expect(world.containers().map(({ role }) => role)).toEqual(["network"]);
  expect(generationOf((await world.bash("python3 -V")).text)).toBe(before + 1);
});
