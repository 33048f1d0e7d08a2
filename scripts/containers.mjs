/**
 * What the tests of containers need: a Docker Engine that answers, and our images on it. Both are had where they can be: as
 * root on Debian the engine is installed and started, and ended afterwards. Where not, the tests are not run, and it says so.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { step } from "./progress.mjs";

const usualSocket = "/var/run/docker.sock";
/** As the product takes it: an engine that somebody names is used, and none is started in its place. */
const namedSocket = (environment) => /^unix:\/\/(.+)$/.exec(environment.DOCKER_HOST ?? "")?.[1];

/** `{ready: true, cleanUp}` or `{ready: false, why}`. The product must have been built. */
export async function prepareContainers({ root, node, environment }) {
  let engine;
  const named = namedSocket(environment);
  if (!(await answers(named ?? usualSocket))) {
    if (named) return { ready: false, why: `no Docker Engine answers at ${named}, which DOCKER_HOST names` };
    const why = await step("docker", "Starting a Docker Engine for the tests of containers", {}, startEngine).then(
      (child) => {
        engine = child;
      },
      (error) => error.message,
    );
    if (why) return { ready: false, why };
  }
  const command = join(root, "packages/cli/dist/moltworker.mjs");
  const build = (...flags) =>
    spawnSync(node, [command, "containers", "build", ...flags], { stdio: ["ignore", 2, "inherit"], env: environment }).status ===
    0;
  const built = await step("images", "Building the container images", {}, async () =>
    ["sandbox", "moltbot"].every((id) => build(id) || build(id, "--base", "packages")),
  );
  const cleanUp = () => endEngine(engine);
  if (built) return { ready: true, cleanUp };
  await cleanUp();
  return { ready: false, why: "the images could not be built; the lines above say why" };
}

/** Throws with the reason when there can be none. */
async function startEngine() {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error("no Docker Engine answers, and only root on Debian can install and start one");
  if (!onPath("dockerd")) {
    if (!existsSync("/usr/bin/apt-get")) throw new Error("no Docker Engine is installed, and there is no apt-get to install one");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", "docker.io", "iptables"]])
      spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", 2, "inherit"], env });
    if (!onPath("dockerd")) throw new Error("docker.io could not be installed");
  }
  const child = spawn("dockerd", [], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
  for (let waited = 0; waited < 60_000 && child.exitCode === null; waited += 250) {
    if (await answers(usualSocket)) return child;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await endEngine(child);
  throw new Error("dockerd was started and does not answer (it needs cgroups, iptables and the right to mount)");
}

/** Ends the engine that we started, and nobody else's. */
async function endEngine(child) {
  if (!child || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(late);
}

function answers(socketPath) {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/_ping", timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.end();
  });
}

const onPath = (name) => (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
