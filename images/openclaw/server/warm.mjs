/**
 * Runs the gateway once while the image is built, so that what Node compiles is kept in it: each start afterwards reads it
 * instead. Nothing else of the run stays, and a run that fails costs only that.
 */

import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";

const program = "/opt/openclaw/node_modules/openclaw/openclaw.mjs";
const home = "/tmp/warm";
const port = 18789;
const state = `${home}/.openclaw`;

mkdirSync(state, { recursive: true });
writeFileSync(
  `${state}/openclaw.json`,
  JSON.stringify({
    gateway: { mode: "local", bind: "loopback", auth: { mode: "password", password: "warm" } },
    update: { checkOnStart: false },
  }),
);
const env = {
  ...process.env,
  HOME: home,
  OPENCLAW_STATE_DIR: state,
  OPENCLAW_NO_RESPAWN: "1",
  OPENCLAW_DISABLE_BONJOUR: "1",
  CI: "1",
};

const isReady = () =>
  new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/readyz", timeout: 2_000 }, (answer) => resolve(answer.resume().statusCode === 200)).on(
      "error",
      () => resolve(false),
    );
  });
const ended = (child) => new Promise((resolve) => child.once("exit", resolve));

await ended(spawn(process.execPath, [program, "config", "validate", "--json"], { env, stdio: "ignore" }));
const gateway = spawn(process.execPath, [program, "gateway", "run", "--port", String(port)], { env, stdio: "ignore" });
const gone = ended(gateway);
for (let waited = 0; waited < 180 && gateway.exitCode === null && !(await isReady()); waited += 1)
  await new Promise((resolve) => setTimeout(resolve, 1_000));
await new Promise((resolve) => setTimeout(resolve, 3_000));
gateway.kill("SIGTERM");
const late = setTimeout(() => gateway.kill("SIGKILL"), 20_000);
await gone;
clearTimeout(late);
rmSync(home, { recursive: true, force: true });
