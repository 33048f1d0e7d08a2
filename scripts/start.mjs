/**
 * `npm start`: from a clean clone to a running assistant. Installs what is missing, builds what is stale, then becomes the
 * `moltworker` command in this same process. Needs nothing but Node.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isBuilt, repository } from "./build.mjs";
import { report, requireNode } from "./failure.mjs";
import { ensureInstalled } from "./install.mjs";

const json = process.argv.includes("--json");

/** In a process of its own, so that the bundlers' half gigabyte is gone when the assistant runs. It reports its own failure. */
function buildApart(json) {
  const { status } = spawnSync(process.execPath, [join(repository, "scripts/build.mjs"), ...(json ? ["--json"] : [])], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = status ?? 1;
}

try {
  requireNode();
  await ensureInstalled({ root: repository, dev: false, json });
  if (!isBuilt()) buildApart(json);
  if (process.exitCode === undefined) await import(pathToFileURL(join(repository, "packages/cli/dist/moltworker.mjs")).href);
} catch (error) {
  report(error, json);
}
