/** `node scripts/run.mjs <task> [flags]`: installs what the task needs and runs its commands, one after the other. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { repository } from "./build.mjs";
import { devEnvironment, devNode } from "./dev-node.mjs";
import { Failure, report, requireNode } from "./failure.mjs";
import { ensureInstalled } from "./install.mjs";

const vitest = "node_modules/vitest/vitest.mjs";

/** As many faults of the data as the product is measured by. */
const allStateFaults = { STATE_CONFIGS: "10000", STATE_SNAPSHOTS: "1000", STATE_EVERY: "1", STATE_KILLS: "40", STATE_CEPH: "1" };

/** What a task runs, as arguments of Node, and the variables that make it a full run unless they are set already. Flags go to the last command. */
const tasks = {
  build: { dev: false, commands: [["scripts/build.mjs"]] },
  check: { dev: true, commands: [["scripts/check.mjs"]] },
  faults: {
    dev: true,
    commands: [["scripts/build.mjs"], [vitest, "run", "--project", "faults"]],
    environment: {
      ...{ FAULT_MESSAGES: "1000", FAULT_KILLS: "200" },
      ...{ CHANNEL_UPDATES: "10000", CHANNEL_KILLS: "100", CHANNEL_SENDS: "5000" },
      ...allStateFaults,
    },
  },
  // The data alone, starts in the real runtime among it. Its files share nothing, so two run side by side.
  "faults state": {
    dev: true,
    commands: [
      ["scripts/build.mjs"],
      [vitest, "run", "--project", "workerd", "boot.workerd"],
      [vitest, "run", "--project", "faults", "--maxWorkers=2", "state"],
    ],
    environment: { ...allStateFaults, FAULTS_BESIDE: "1" },
  },
  article: { dev: true, commands: [["scripts/build.mjs"], [vitest, "run", "--project", "e2e", "tests/article"]] },
  fuzz: { dev: true, commands: [[vitest, "run", "--project", "unit", "fuzz"]], environment: { FUZZ: "full" } },
  conformance: { dev: true, commands: [["scripts/build.mjs"], ["tests/conformance/run.ts"]] },
  deploy: { dev: true, commands: [["scripts/deploy.mjs"]] },
  bench: { dev: true, commands: [["scripts/build.mjs"], ["bench/run.ts"]] },
};

/** Runs a task; resolves to the exit code of the first command that failed, else 0. */
export async function runTask(name, flags) {
  const narrow = tasks[`${name} ${flags[0]}`];
  if (narrow) return runTask(`${name} ${flags[0]}`, flags.slice(1));
  const task = tasks[name];
  if (!task)
    throw new Failure("USAGE", `there is no task ${name ?? "without a name"}`, `Tasks: ${Object.keys(tasks).join(", ")}.`);
  await ensureInstalled({ root: repository, dev: task.dev });
  const node = task.dev ? devNode(repository) : process.execPath;
  const environment = { ...task.environment, ...devEnvironment(repository, node) };
  for (const [index, command] of task.commands.entries()) {
    const last = index === task.commands.length - 1;
    const code = await runNode(node, [...command, ...(last ? flags : [])], environment);
    if (code !== 0) return code;
  }
  return 0;
}

/** Runs Node in the repository with our standard streams; resolves to its exit code. Past `limitMs` it is killed, which is a failure. */
export function runNode(node, args, environment, limitMs = 0) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, {
      cwd: repository,
      env: environment,
      stdio: "inherit",
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    const forward = (signal) => child.kill(signal);
    process.on("SIGINT", forward).on("SIGTERM", forward);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", forward).off("SIGTERM", forward);
      resolve(signal ? 1 : (code ?? 1));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    requireNode();
    process.exitCode = await runTask(process.argv[2], process.argv.slice(3));
  } catch (error) {
    report(error);
  }
}
