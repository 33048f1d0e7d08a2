/**
 * The article's stories, told against a stock OpenClaw in a container: what its users met as a loading page without end, a lost
 * home or a port that a dead process held ends here in a cause and a cure, or does not happen. Each starts the real thing anew,
 * so that this is a part of the long form.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createHostedWorld, type HostedWorld, turnOf } from "../support/hosted-world.ts";
import { docker } from "../support/sandbox-world.ts";

let world: HostedWorld;
const isLong = process.env.CONTAINER_KILLS !== undefined;
beforeAll(async () => {
  if (!isLong) return;
  world = await createHostedWorld();
  await world.patch({ engine: "moltbot" });
  const info = await world.settled(300_000);
  if (info.state !== "ready") throw new Error(JSON.stringify(info.reason));
}, 330_000);
afterAll(() => world?.dispose());
// Each story begins with one that runs, whatever the one before it left.
beforeEach(async () => {
  if (isLong && (await world.info()).state !== "ready")
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
}, 330_000);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it.runIf(isLong)("an unknown key in its settings: it starts with the last that started, and says which key", async () => {
  world.inside(
    `node -e "const f=process.env.HOME+'/.openclaw/openclaw.json',fs=require('fs'),c=JSON.parse(fs.readFileSync(f));c.gateway.bogus=1;fs.writeFileSync(f,JSON.stringify(c))"`,
  );
  await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
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
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
    const old = world.container() ?? "";
    const { generation } = await world.info();
    const socket = await world.socket();
    docker(["pause", old]);
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
    expect((await world.info()).generation).toBeGreaterThan(generation);
    expect(world.container()).not.toBe(old);
    expect(docker(["ps", "-aq", "--filter", `id=${old}`]).trim()).toBe("");
    expect((await socket.closed).code).toBe(1012);
    expect(world.inside("cat ~/.openclaw/kept.txt").trim()).toBe("kept");
  });

  it("its owner rotates the token: it works at once, the old one is dead, and what was said a second before is there", async () => {
    const before = await world.rotate();
    const [old, { generation }] = [world.container(), await world.info()];
    const socket = await world.socket();
    await turnOf(socket, "a second before the rotation");
    const began = Date.now();
    const token = await world.rotate();
    expect([await world.bearer(before), await world.bearer(token)]).toEqual([401, 200]);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect([world.container(), (await world.info()).generation]).toEqual([old, generation]);
    expect(await world.saidSoFar()).toContain("a second before the rotation");
  });

  it("its owner rotates the token while an old process hangs: the next generation is there within ten seconds", async () => {
    const before = await world.rotate();
    const old = world.container() ?? "";
    const { generation } = await world.info();
    docker(["pause", old]);
    const token = await world.rotate();
    expect([await world.bearer(before), await world.bearer(token)]).toEqual([401, 200]);
    const began = Date.now();
    const restarted = world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
    // OpenClaw's own start takes what it takes; all before it is ours: the old one's end, the new container and its home.
    let info = await world.info();
    while (info.generation === generation || !["configuring", "gateway", null].includes(info.stage)) {
      await pause(50);
      info = await world.info();
    }
    const oursMs = Date.now() - began;
    expect(docker(["ps", "-aq", "--filter", `id=${old}`]).trim()).toBe("");
    await restarted;
    console.log(`a hung process was replaced within ${oursMs} ms, and OpenClaw was ready after ${Date.now() - began} ms`);
    expect(oursMs).toBeLessThan(10_000);
    const socket = await world.socket();
    expect(await turnOf(socket, "after the rotation")).toContain("answer to");
    socket.close();
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
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
    const info = await world.info();
    expect([info.state, info.waiting]).toEqual(["ready", expect.stringMatching(/refused.*last that started/)]);
    expect(pairings()).toBe(before);
    expect(world.inside("cat ~/.openclaw/openclaw.json.refused")).toContain("{{{ not json");
    expect(() => JSON.parse(world.inside("cat ~/.openclaw/openclaw.json"))).not.toThrow();
  });

  it("killed while it starts: it starts again by itself", async () => {
    const restarted = world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 320_000 });
    for (let look = 0; look < 300 && (await world.info()).stage !== "gateway"; look += 1) await pause(100);
    world.inside("pkill -9 -f '[g]ateway run'");
    await restarted;
    expect((await world.info()).state).toBe("ready");
  });

  it("its usual port is taken: it does not need it", async () => {
    docker(["exec", "-d", world.container() ?? "", "node", "-e", "require('net').createServer().listen(18789)"]);
    world.inside("pkill -9 -f '[g]ateway run'");
    for (let look = 0; look < 600 && (await world.info()).state === "ready"; look += 1) await pause(100);
    expect((await world.settled(300_000)).state).toBe("ready");
    const socket = await world.socket();
    expect(await turnOf(socket, "hi")).toContain("answer to");
    socket.close();
  });
});

describe.runIf(isLong)("what was said", () => {
  it("a few seconds before its container is killed is still there", async () => {
    const socket = await world.socket();
    await turnOf(socket, "remember the killed");
    await pause(15_000);
    const { generation } = await world.info();
    docker(["kill", "-s", "KILL", world.container() ?? ""]);
    // It is started anew by itself and at once, and until then it says why it ended.
    const seen = new Set<string>();
    let info = await world.info();
    for (let look = 0; look < 1_200 && !(info.state === "ready" && info.generation > generation); look += 1) {
      seen.add(`${info.state}: ${info.waiting}`);
      await pause(200);
      info = await world.info();
    }
    expect([info.state, info.generation > generation]).toEqual(["ready", true]);
    expect([...seen]).toContainEqual(expect.stringMatching(/^starting: .*signal 9.*it is started again by itself/));
    expect([...seen].filter((one) => one.startsWith("failed"))).toEqual([]);
    expect(await world.saidSoFar()).toContain("remember the killed");
  });

  it("a moment before the assistant is stopped is in the next container", async () => {
    const socket = await world.socket();
    await turnOf(socket, "remember the stop");
    const { generation } = await world.info();
    await world.server.stop();
    expect(world.container()).toBeUndefined();
    await world.server.restart();
    await world.reconnect();
    const info = await world.settled(300_000);
    expect([info.state, info.generation > generation]).toEqual(["ready", true]);
    expect(await world.saidSoFar()).toContain("remember the stop");
  });

  it("before a snapshot comes back with it, and what came after does not", async () => {
    const socket = await world.socket();
    await turnOf(socket, "before the snapshot");
    const id = await world.snapshot();
    await turnOf(socket, "after the snapshot");
    expect(await world.saidSoFar()).toContain("after the snapshot");
    await world.goBack(id);
    expect((await world.settled(300_000)).state).toBe("ready");
    const said = await world.saidSoFar();
    expect(said).toContain("before the snapshot");
    expect(said).not.toContain("after the snapshot");
  });
});
