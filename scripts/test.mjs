/**
 * `npm test [filters]`: installs what is missing, finds Chromium, builds, runs every kind of test, and ends with the line
 * `N passed, N failed`. A missing Chromium is a failure: a test that did not run has not passed.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build, repository } from "./build.mjs";
import { prepareContainers } from "./containers.mjs";
import { devEnvironment, devNode } from "./dev-node.mjs";
import { Failure, report, requireNode } from "./failure.mjs";
import { ensureInstalled } from "./install.mjs";
import { step } from "./progress.mjs";
import { runNode } from "./run.mjs";
import { lastLines } from "./test-words.mjs";

const projects = ["unit", "workerd", "e2e", "containers", "faults"];
/** A kind of test that takes longer hangs: it is ended, and has failed. */
const limitMs = 25 * 60_000;

async function main(args) {
  requireNode();
  await ensureInstalled({ root: repository, dev: true });
  const node = devNode(repository);
  const chosen = projects.filter((project) => args.includes(project));
  const rest = args.filter((arg) => !projects.includes(arg));
  const wanted = chosen.length > 0 ? chosen : projects;
  const environment = devEnvironment(repository, node);
  if (wanted.includes("e2e") || wanted.includes("containers")) environment.CHROMIUM_PATH = await findChromium();
  if (wanted.some((project) => project !== "unit")) await build({ root: repository });

  const folder = mkdtempSync(join(tmpdir(), "moltworker-test-"));
  const totals = { code: 0, passed: 0, failed: 0, notRun: [] };
  try {
    // One kind after the other: those that start whole servers must not share two cores with those that compute.
    for (const project of wanted) {
      const engine = project === "containers" ? await prepareContainers({ root: repository, node, environment }) : undefined;
      if (engine?.ready === false) {
        totals.notRun.push(`the tests of containers: ${engine.why}`);
        continue;
      }
      const outcome = join(folder, `${project}.json`);
      const flags = [
        "--project",
        project,
        "--passWithNoTests",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${outcome}`,
      ];
      const code = await runNode(node, ["node_modules/vitest/vitest.mjs", "run", ...flags, ...rest], environment, limitMs);
      await engine?.cleanUp();
      const { passed, failed } = countsFrom(outcome);
      totals.code ||= code;
      totals.passed += passed;
      totals.failed += code !== 0 && failed === 0 ? 1 : failed;
    }
    if (totals.passed + totals.failed + totals.notRun.length === 0)
      throw new Failure("USAGE", "no test matches that filter", "Name a kind of test or a part of a file's path.");
    return totals;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not be loaded has no tests, yet it is a failure. Nothing written: the exit code alone tells. */
function countsFrom(path) {
  if (!existsSync(path)) return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, "utf8"));
  const unloadable = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + unloadable.length };
}

/** CHROMIUM_PATH, else the first on PATH, else Debian's own when we may install it. Throws when there is none. */
async function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Failure(
      "BUILD_FAILED",
      `CHROMIUM_PATH names ${named}, which does not exist`,
      "Correct CHROMIUM_PATH, or unset it.",
    );
  }
  const found = chromiumOnPath();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    await step("chromium", "Installing Chromium for the browser tests (apt-get install -y chromium)", {}, async () => {
      for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
        const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
        if (spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", 2, "inherit"], env }).status !== 0) break;
      }
    });
    const installed = chromiumOnPath();
    if (installed) return installed;
  }
  throw new Failure(
    "BUILD_FAILED",
    "the browser tests need Chromium, and none was found",
    "Install it (Debian: `apt-get install chromium`), or set CHROMIUM_PATH.",
  );
}

function chromiumOnPath() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

try {
  const totals = await main(process.argv.slice(2));
  process.exitCode = totals.code === 0 && totals.failed > 0 ? 1 : totals.code;
  for (const line of lastLines(totals)) console.log(line);
} catch (error) {
  report(error);
  console.log("0 passed, 1 failed");
}
