/**
 * A hosted OpenClaw that is exchanged under its owner: a newer image while people write to it, a version that cannot start, and
 * an upgrade that succeeds and is taken back. A part of the long form; what is missing is built.
 */

import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuildCopy, copyBuild } from "../support/build-copy.ts";
import { createHostedWorld, type HostedWorld, turnOf } from "../support/hosted-world.ts";
import { docker } from "../support/sandbox-world.ts";

const [older, newer] = ["2026.9.5", "2026.9.6"];
let world: HostedWorld;
let build: BuildCopy;
/** The tag of the image that is deployed under load; what runs afterwards is of it. */
let next: string | undefined;
const isLong = process.env.CONTAINER_KILLS !== undefined;
beforeAll(async () => {
  if (!isLong) return;
  build = copyBuild();
  const args = [build.command, "containers", "build", "moltbot", "--openclaw", older];
  const built = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`OpenClaw ${older} could not be built: ${built.stderr}`);
  world = await createHostedWorld({ command: build.command });
  await world.patch({ engine: "moltbot", moltbot: { version: older } });
  const info = await world.settled(300_000);
  if (info.state !== "ready") throw new Error(JSON.stringify(info.reason));
}, 900_000);
afterAll(async () => {
  await world?.dispose();
  if (next) docker(["rmi", next]);
  build?.dispose();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const versionInside = () =>
  world.inside("node -p 'require(\"/opt/openclaw/node_modules/openclaw/package.json\").version'").trim();

async function say(text: string): Promise<void> {
  const socket = await world.socket();
  expect(await turnOf(socket, text)).toContain("answer to");
  socket.close();
}

it.runIf(isLong)("an upgrade keeps what was said, and is taken back behind a snapshot: version, home and all", async () => {
  await say("before the upgrade");
  const id = await world.snapshot();
  const { generation } = await world.info();
  await world.patch({ moltbot: { version: newer } });
  let info = await world.info();
  for (let look = 0; look < 1_500 && !(info.generation > generation && ["ready", "failed"].includes(info.state)); look += 1) {
    await pause(200);
    info = await world.info();
  }
  expect(info).toMatchObject({ state: "ready", waiting: null });
  expect(versionInside()).toBe(newer);
  expect(await world.saidSoFar()).toContain("before the upgrade");
  await say("after the upgrade");

  await world.goBack(id);
  expect((await world.settled(300_000)).state).toBe("ready");
  expect(versionInside()).toBe(older);
  const said = await world.saidSoFar();
  expect([said.includes("before the upgrade"), said.includes("after the upgrade")]).toEqual([true, false]);
});

it.runIf(isLong)("N+1 is deployed under load: it runs, the page says so, and nothing that was taken is lost", async () => {
  const before = await world.info();
  const name = `moltbot-${versionInside()}`;
  const tag = build.images()[name] as string;
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
    await expect.poll(() => taken.length, { timeout: 120_000, interval: 200 }).toBeGreaterThan(5);
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
    const said = await world.saidSoFar();
    for (const text of sure) expect(said).toContain(text);
  } finally {
    isOver = true;
  }
});

it.runIf(isLong)("a version that cannot start gives way to the one that ran, and says so", async () => {
  const runs = versionInside();
  const other = runs === newer ? older : newer;
  build.without(`moltbot-${other}`);
  const { workerd } = world.server.pids;
  await world.client.request("gateway.restart", {});
  await world.server.event((event) => event.type === "restarted" && event.workerdPid !== workerd);
  await world.reconnect();
  expect((await world.settled(300_000)).state).toBe("ready");
  await world.patch({ moltbot: { version: other } });
  await pause(2_000);
  const info = await world.settled(300_000);
  expect([info.state, info.waiting]).toEqual(["ready", expect.stringContaining(`${other} did not start`)]);
  expect(info.waiting).toContain(`${runs} runs`);
  await say("hi");
});
