/**
 * `npm start`: from a clean clone to a running assistant. Installs what is missing, builds what is stale, then becomes the
 * `moltworker` command in this same process. Needs nothing but Node.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, repository } from "./build.mjs";
import { report, requireNode } from "./failure.mjs";
import { ensureInstalled } from "./install.mjs";

const json = process.argv.includes("--json");

try {
  requireNode();
  await ensureInstalled({ root: repository, dev: false, json });
  await build({ root: repository, json });
  await import(pathToFileURL(join(repository, "packages/cli/dist/moltworker.mjs")).href);
} catch (error) {
  report(error, json);
}
