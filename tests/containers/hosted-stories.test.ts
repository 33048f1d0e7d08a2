/**
 * The article's stories, told against a stock OpenClaw in a container: what its users met as a loading page without end, a lost
 * home or a port that a dead process held ends here in a cause and a cure, or does not happen. Each starts the real thing anew,
 * so that this is a part of the long form.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuildCopy, copyBuild } from "../support/build-copy.ts";
import { createHostedWorld, type HostedWorld, turnOf } from "../support/hosted-world.ts";
import { docker } from "../support/sandbox-world.ts";

let world: HostedWorld;
let build: BuildCopy;
/** The tag of the image that is deployed under load; what runs afterwards is of it. */
let next: string | undefined;
const isLong = process.env.CONTAINER_KILLS !== undefined;
beforeAll(async () => {
  if (!isLong) return;
  build = copyBuild();
  world = await createHostedWorld({ command: build.command });
  await world.patch({ engine: "moltbot" });
  const info = await world.settled(240_000);
  if (info.state !== "ready") throw new Error(JSON.stringify(info.reason));
}, 300_000);
afterAll(async () => {
  await world?.dispose();
  if (next) docker(["rmi", next]);
  build?.dispose();
});

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

  it("its owner rotates the token while an old process hangs: the old token is dead, the next generation serves", async () => {
    const before = await world.rotate();
    const old = world.container() ?? "";
    docker(["pause", old]);
    const token = await world.rotate();
    expect([await world.bearer(before), await world.bearer(token)]).toEqual([401, 200]);
    const began = Date.now();
    await world.client.request("containers.restart", { id: "moltbot" }, { timeoutMs: 240_000 });
    console.log(`a hung process was replaced within ${Date.now() - began} ms`);
    expect(docker(["ps", "-aq", "--filter", `id=${old}`]).trim()).toBe("");
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

describe.runIf(isLong)("what was said", () => {
  it("a few seconds before its container is killed is still there", async () => {
    const socket = await world.socket();
    await turnOf(socket, "remember the killed");
    await pause(15_000);
    const { generation } = await world.info();
    docker(["kill", "-s", "KILL", world.container() ?? ""]);
    // It fails, and is started anew by itself.
    let info = await world.info();
    for (let look = 0; look < 1_200 && !(info.state === "ready" && info.generation > generation); look += 1) {
      await pause(200);
      info = await world.info();
    }
    expect([info.state, info.generation > generation]).toEqual(["ready", true]);
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
    const info = await world.settled(240_000);
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
    expect((await world.settled(240_000)).state).toBe("ready");
    const said = await world.saidSoFar();
    expect(said).toContain("before the snapshot");
    expect(said).not.toContain("after the snapshot");
  });
});

it.runIf(isLong)("N+1 is deployed under load: it runs, the page says so, and nothing that was taken is lost", async () => {
  const before = await world.info();
  const [name, tag] = [`moltbot-2026.9.6`, build.images()["moltbot-2026.9.6"] as string];
  next = `${tag.slice(0, -4)}next`;
  docker(["tag", tag, next]);
  const taken: string[] = [];
  let isOver = false;
  const load = async (who: number) => {
    for (let turn = 0; !isOver; turn += 1) {
      const text = `load ${who}-${turn}.`;
      try {
        const socket = await world.socket();
        if ((await socket.call("chat.send", { sessionKey: "agent:main:main", message: text, idempotencyKey: text })).ok)
          taken.push(text);
        await pause(500);
        socket.close();
      } catch {
        await pause(300);
      }
    }
  };
  try {
    const loads = [load(1), load(2)];
    await pause(5_000);
    build.rebuild({ [name]: next });
    const sure = [...taken];
    await world.client.request("gateway.restart", {});
    await world.server.event((event) => event.type === "restarted");
    await world.reconnect();
    let info = await world.info();
    for (let look = 0; look < 1_500 && !(info.runningImage === next && info.state === "ready"); look += 1) {
      await pause(200);
      info = await world.info();
    }
    isOver = true;
    await Promise.all(loads);
    expect(info).toMatchObject({ state: "ready", runningImage: next, wantedImage: next });
    expect(info.generation).toBeGreaterThan(before.generation);
    expect(sure.length).toBeGreaterThan(2);
    const said = await world.saidSoFar();
    for (const text of sure) expect(said).toContain(text);
  } finally {
    isOver = true;
  }
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
