/** Generations on a real engine: what hangs, dies or is left over is found, ended, and never heard again. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

let world: SandboxWorld;
beforeAll(async () => {
  world = await createSandboxWorld();
  await world.bash("python3 -V");
});
afterAll(() => world?.dispose());

const app = () => world.containers().find(({ role }) => role === "app");
const generationOf = (text: string) => Number(/\[in the sandbox, generation (\d+)\]/.exec(text)?.[1]);
const still = (id: string) => world.containers().some((row) => row.id === id);

describe("a container", () => {
  it("that hangs and hears no signal is replaced, and does not outlive its successor", async () => {
    const old = app();
    docker(["pause", old?.id ?? ""]);
    // Past the time in which a container that was just seen is not asked again.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const { text } = await world.bash("python3 -c 'print(1)'");
    expect(text).toMatch(/^1\n/);
    expect(generationOf(text)).toBe((old?.generation ?? 0) + 1);
    expect(still(old?.id ?? "")).toBe(false);
  });

  it("that is killed fails with its signal, and the next use starts another", async () => {
    const old = app();
    docker(["kill", "-s", "KILL", old?.id ?? ""]);
    let state = await world.sandbox();
    for (let look = 0; look < 100 && state.state === "ready"; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      state = await world.sandbox();
    }
    expect(state).toMatchObject({
      state: "failed",
      reason: { code: "CONTAINER_FAILED", cause: expect.stringContaining("signal 9") },
    });
    expect(state.reason?.lines.join("\n")).toContain("is ready");
    expect(generationOf((await world.bash("python3 -V")).text)).toBe((old?.generation ?? 0) + 1);
  });

  it("that is cut while a command runs leaves an outcome that nobody claims to know", async () => {
    const old = app();
    const running = world.bash("python3 -c 'import time; time.sleep(60)'; echo done > never.txt");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    docker(["kill", "-s", "KILL", old?.id ?? ""]);
    expect(await running).toMatchObject({ isError: true, text: expect.stringContaining("outcome is unknown") });
    expect(await world.file("never.txt")).toBeUndefined();
  });

  it("outlives a crash of workerd as the same generation", async () => {
    const before = generationOf((await world.bash("python3 -V")).text);
    const container = app()?.id;
    process.kill(world.server.pids.workerd, "SIGKILL");
    await world.server.event((event) => event.type === "restarted");
    await world.client.reaches("connected");
    expect(generationOf((await world.bash("python3 -V")).text)).toBe(before);
    expect(app()?.id).toBe(container);
  });

  it("changes with its settings, and says what it waits for while a command runs", async () => {
    const before = app();
    await world.bash("sleep 5", { background: true });
    await world.client.request("config.patch", { raw: JSON.stringify({ containers: { processes: 200 } }) } as never);
    expect(generationOf((await world.bash("python3 -V")).text)).toBe(before?.generation);
    expect((await world.sandbox()).waiting).toMatch(/settings were changed; it changes when the 1 running/);
    await world.call("jobs", { action: "read", id: "job-2", waitSeconds: 10 });
    await world.client.request("containers.restart", { id: "sandbox" });
    expect(docker(["inspect", "-f", "{{.HostConfig.PidsLimit}}", app()?.id ?? ""]).trim()).toBe("200");
    expect((await world.sandbox()).waiting).toBeNull();
  });

  it("is not left behind by a clean stop", async () => {
    await world.server.stop();
    expect(world.containers()).toEqual([]);
  });
});
