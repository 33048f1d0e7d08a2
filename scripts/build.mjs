/**
 * Builds what `moltworker start` runs: the Worker, the UI and the command itself, into packages/cli/dist.
 * A part is built only when its sources changed, and replaces the old one in a single rename.
 */

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exclusively } from "./exclusive.mjs";
import { Failure, report } from "./failure.mjs";
import { step } from "./progress.mjs";

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));

/** In this order: the Worker embeds the list of UI files. Sources: folders and files whose change makes a part stale. */
const parts = [
  {
    name: "ui",
    label: "Building the UI",
    output: "ui",
    sources: ["packages/ui", "packages/protocol/src"],
    build: async (...args) => (await import("./build-ui.mjs")).buildUi(...args),
  },
  {
    name: "worker",
    label: "Building the Worker",
    output: "worker",
    sources: [
      "packages/worker",
      "packages/protocol/src",
      "packages/cli/src/supervisor/workerd-config.ts",
      "packages/cli/src/containers",
      "images",
      "packages/cli/package.json",
    ],
    after: "ui",
    build: async (...args) => (await import("./build-worker.mjs")).buildWorker(...args),
  },
  {
    name: "images",
    label: "Copying the container images' sources",
    output: "images",
    sources: ["images"],
    build: async ({ root, draft }) => cpSync(join(root, "images"), draft, { recursive: true }),
  },
  {
    name: "command",
    label: "Building the command",
    output: "moltworker.mjs",
    sources: ["packages/cli/src", "packages/cli/package.json", "packages/protocol/src"],
    build: async (...args) => (await import("./build-command.mjs")).buildCommand(...args),
  },
];

const ignoredNames = /^(node_modules|dist|\..*)$|\.test\.tsx?$/;

/** True when nothing is to be built. Loads no tool and takes a few milliseconds. */
export function isBuilt({ root = repository } = {}) {
  return staleParts(root).length === 0;
}

/** Brings packages/cli/dist up to date. Throws BUILD_FAILED. */
export async function build({ root = repository, json = false } = {}) {
  if (!isBuilt({ root })) await exclusively(root, () => buildStale(root, json));
}

async function buildStale(root, json) {
  const dist = join(root, "packages/cli/dist");
  for (const { part, mark } of staleParts(root)) {
    await step(`build-${part.name}`, part.label, { json }, () => rebuild(root, dist, part));
    mkdirSync(join(dist, ".stamps"), { recursive: true });
    writeFileSync(join(dist, ".stamps", part.name), mark);
  }
}

/** The parts whose sources changed since they were built, with the mark of those sources. */
function staleParts(root) {
  const dist = join(root, "packages/cli/dist");
  const marks = new Map();
  return parts.flatMap((part) => {
    const mark = markOf(
      root,
      [
        ...part.sources,
        "scripts/build.mjs",
        ...(part.name === "images" ? [] : [`scripts/build-${part.name}.mjs`]),
        "package-lock.json",
      ],
      marks.get(part.after) ?? "",
    );
    marks.set(part.name, mark);
    const current = existsSync(join(dist, part.output)) && readStamp(join(dist, ".stamps", part.name)) === mark;
    return current ? [] : [{ part, mark }];
  });
}

async function rebuild(root, dist, part) {
  const draft = join(dist, `.draft-${part.name}-${process.pid}`);
  const output = join(dist, part.output);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await part.build({ root, dist, draft });
    // A server that runs keeps reading the files it was started with: they stay until the build after this one.
    const retired = join(dist, `.retired-${part.name}`);
    rmSync(retired, { recursive: true, force: true });
    if (existsSync(output)) renameSync(output, retired);
    renameSync(existsSync(join(draft, part.output)) ? join(draft, part.output) : draft, output);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const [cause, ...details] = String(error.message).split("\n");
    // esbuild, whose errors carry `warnings`, has printed them itself.
    if (details.length > 0 && !("warnings" in error)) console.error(details.join("\n"));
    throw new Failure(
      "BUILD_FAILED",
      `${part.label} failed: ${cause}`,
      "Read the lines above; correct the source, or run `npm ci`, then try again.",
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Names, sizes and times of all source files: a few milliseconds, where hashing their content would take a hundred. */
function markOf(root, sources, seed) {
  const hash = createHash("sha256").update(seed);
  const visit = (path) => {
    const entry = statSync(join(root, path), { throwIfNoEntry: false });
    if (!entry) return;
    if (!entry.isDirectory()) {
      hash.update(`${path} ${entry.size} ${entry.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(join(root, path)).sort()) if (!ignoredNames.test(name)) visit(join(path, name));
  };
  for (const source of sources) visit(source);
  return hash.digest("hex");
}

function readStamp(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build({ json: process.argv.includes("--json") }).catch((error) => report(error, process.argv.includes("--json")));
}
