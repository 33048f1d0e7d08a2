/**
 * The article's stories, told against a stock OpenClaw in a container: what its users met as a loading page without end, a lost
 * home or a port that a dead process held ends here in a cause and a cure, or does not happen. Each starts the real thing anew,
 * so that this is a part of the long form.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHostedWorld, type HostedWorld, turnOf } from "../support/hosted-world.ts";
import { docker } from "../support/sandbox-world.ts";

let world: HostedWorld;
const isLong = process.env.CONTAINER_KILLS !== undefined;
beforeAll(async () => {
  if (!isLong) return;
  world = await createHostedWorld();
  await world.patch({ engine: "moltbot" });
  const info = await world.settled(240_000);
  if (info.state !== "ready") throw new Error(JSON.stringify(info.reason));
}, 300_000);
afterAll(() => world?.dispose());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it.runIf(isLong)("an unknown key in its settings: it starts with the last that started, and says which key", async () => {
  world.inside(
    `node -e "const f=process.env.HOME+'/.openclaw/openclaw.json',fs=require('fs'),c=JSON.parse(fs.readFileSync(f));c.gateway.bogus=1;fs.writeFileSync(f,JSON.stringify(c))"`,
  );
  await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
  const info = await world.info();
  expect([info.state, info.waiting]).toEqual([
    "ready",
    expect.stringMatching(/gateway: Unrecognized key: "bogus".*last that started/),
  ]);
  expect(world.inside("cat ~/.openclaw/openclaw.json.refused")).toContain("bogus");
  expect(world.inside("cat ~/.openclaw/openclaw.json")).not.toContain("bogus");
});

describe.runIf(isLong)("whatever happens to it", () => {
  it("hangs and hears no signal: the next generation answers, with the home as it was, and the old one is gone", async () => {
    world.inside("echo kept > ~/.openclaw/kept.txt");
    await world.client.request("containers.stop", { id: "moltbot" }, { timeoutMs: 60_000 });
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
    const old = world.container() ?? "";
    const { generation } = await world.info();
    const socket = await world.socket();
    docker(["pause", old]);
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
    expect((await world.info()).generation).toBeGreaterThan(generation);
    expect(world.container()).not.toBe(old);
    expect(docker(["ps", "-aq", "--filter", `id=${old}`]).trim()).toBe("");
    expect((await socket.closed).code).toBe(1012);
    expect(world.inside("cat ~/.openclaw/kept.txt").trim()).toBe("kept");
  });

  it("its stored settings are poisoned: the same, and its pairings stay", async () => {
    const pairings = () =>
      world
        .inside(
          `node -e "const {DatabaseSync}=require('node:sqlite');const d=new DatabaseSync(process.env.HOME+'/.openclaw/state/openclaw.sqlite',{readOnly:true});console.log(JSON.stringify(d.prepare('select count(*) n from device_pairing_paired').get()))"`,
        )
        .trim();
    const before = pairings();
    world.inside("printf '{{{ not json' > ~/.openclaw/openclaw.json");
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
    const info = await world.info();
    expect([info.state, info.waiting]).toEqual(["ready", expect.stringMatching(/refused.*last that started/)]);
    expect(pairings()).toBe(before);
  });

  it("killed while it starts: it starts again by itself", async () => {
    const restarted = world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
    for (let look = 0; look < 300 && (await world.info()).stage !== "gateway"; look += 1) await pause(100);
    world.inside("pkill -9 -f '[g]ateway run'");
    await restarted;
    expect((await world.info()).state).toBe("ready");
  });

  it("its usual port is taken: it does not need it", async () => {
    docker(["exec", "-d", world.container() ?? "", "node", "-e", "require('net').createServer().listen(18789)"]);
    world.inside("pkill -9 -f '[g]ateway run'");
    for (let look = 0; look < 600 && (await world.info()).state === "ready"; look += 1) await pause(100);
    expect((await world.settled(240_000)).state).toBe("ready");
    const socket = await world.socket();
    expect(await turnOf(socket, "hi")).toContain("answer to");
    socket.close();
  });
});

it.runIf(isLong)("a version that cannot start gives way to the one that ran, and says so", async () => {
  await world.patch({ moltbot: { version: "2026.9.5" } });
  await pause(2_000);
  const info = await world.settled(240_000);
  expect([info.state, info.waiting]).toEqual(["ready", expect.stringMatching(/2026\.9\.5 did not start.*2026\.9\.6 runs/)]);
  const socket = await world.socket();
  expect(await turnOf(socket, "hi")).toContain("answer to");
  socket.close();
});
