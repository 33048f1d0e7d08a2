/** A newer image: the page shows what runs against what is wanted, and the container changes, or says why it does not yet. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuildCopy, copyBuild } from "../support/build-copy.ts";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

let build: BuildCopy;
let world: SandboxWorld;
let next: string;
beforeAll(async () => {
  build = copyBuild();
  world = await createSandboxWorld({ command: build.command });
  const present = build.images().sandbox as string;
  next = `${present.slice(0, -4)}next`;
  docker(["tag", present, next]);
});
afterAll(async () => {
  await world?.dispose();
  docker(["rmi", next ?? ""]);
  build?.dispose();
});

it("a deploy changes the container once its commands have ended, and says until then what it waits for", async () => {
  const present = build.images().sandbox as string;
  await world.bash("python3 -c 'import time; time.sleep(170)'", { background: true });
  build.rebuild({ sandbox: next });
  await world.client.request("gateway.restart", {});
  await world.server.event((event) => event.type === "restarted");
  await world.reconnect();

  const { text } = await world.bash("python3 -V");
  expect(text).toContain("generation 1]");
  expect(await world.sandbox()).toMatchObject({
    runningImage: present,
    wantedImage: next,
    waiting: "a newer image is there; it changes when the 1 running commands have ended",
  });
  expect(docker(["ps", "--filter", `label=moltworker.owner=${world.owner}`, "--format", "{{.Image}}"])).toContain(present);

  await world.call("jobs", { action: "stop", id: "job-1" });
  await world.call("jobs", { action: "read", id: "job-1", waitSeconds: 20 });
  expect((await world.bash("python3 -V")).text).toContain("generation 2]");
  expect(await world.sandbox()).toMatchObject({ runningImage: next, wantedImage: next, waiting: null });
  expect(docker(["ps", "--filter", `label=moltworker.owner=${world.owner}`, "--format", "{{.Image}}"])).toContain(next);
});

it("an image that is not there is named, with the command that makes it", async () => {
  build.without("sandbox");
  const { workerd } = world.server.pids;
  await world.client.request("gateway.restart", {});
  await world.server.event((event) => event.type === "restarted" && event.workerdPid !== workerd);
  await world.reconnect();
  const { text } = await world.bash("python3 -V");
  expect(text).toMatch(/image of sandbox is not on this machine|is not on this machine/);
  expect(text).toContain("moltworker containers build");
  expect((await world.bash("echo still | tr a-z A-Z")).text).toBe("STILL");
});
