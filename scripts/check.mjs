/**
 * `npm run check [steps]`: every rule of the house, one step after the other, each with its own findings and a summary at
 * the end. Exit code 1 when a rule is broken. Changes nothing; `npx biome check --write` repairs what can be repaired.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCatalogDrift } from "./checks/catalogs.ts";
import { findDeadNames } from "./checks/documents.ts";
import { findLoosePins, findRegistryTraces } from "./checks/pins.ts";
import { openRepository } from "./checks/repository.ts";
import { findOversized } from "./checks/sizes.ts";
import { findTraces } from "./checks/traces.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const steps = [
  {
    name: "style",
    what: "format, import order, lint",
    run: () => tool("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "--max-diagnostics=100"]),
  },
  { name: "types", what: "TypeScript of every package", run: checkTypes },
  { name: "imports", what: "who may import whom, no cycles", run: checkImports },
  {
    name: "dead",
    what: "unused files, exports, dependencies",
    run: () => tool("knip/bin/knip.js", ["--no-progress", "--no-config-hints"]),
  },
  { name: "sizes", what: "lines per file and function", run: () => rule(findOversized) },
  { name: "catalogs", what: "each list equals its folder", run: () => rule(findCatalogDrift) },
  { name: "documents", what: "every path and command they name exists", run: () => rule(findDeadNames) },
  { name: "pins", what: "exact versions, no registry in the lockfile", run: () => rule(findLoosePins, findRegistryTraces) },
  { name: "traces", what: "no machine paths, no secrets", run: () => rule(findTraces) },
  { name: "lockfile", what: "npm ci accepts it", run: checkLockfile },
];

/** A step answers with its complaint; an empty one means that all is well. */
function main(wanted) {
  const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`there is no step ${unknown.join(", ")}; steps: ${steps.map((step) => step.name).join(", ")}`);
    return 2;
  }
  const summary = [];
  for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const began = Date.now();
    const complaint = step.run().trim();
    const seconds = ((Date.now() - began) / 1_000).toFixed(1);
    if (complaint !== "") console.log(`\n── ${step.name}: ${step.what}\n${complaint}\n`);
    summary.push({
      ok: complaint === "",
      line: `${complaint === "" ? "ok  " : "FAIL"}  ${step.name.padEnd(10)} ${step.what.padEnd(44)} ${seconds.padStart(5)} s`,
    });
    console.log(summary.at(-1).line);
  }
  const broken = summary.filter(({ ok }) => !ok);
  if (broken.length > 0) console.log(`\n${broken.map(({ line }) => line).join("\n")}`);
  console.log(`\n${summary.length - broken.length} steps ok, ${broken.length} broken`);
  return broken.length === 0 ? 0 : 1;
}

function rule(...finders) {
  const repository = openRepository(root);
  const findings = finders.flatMap((find) => find(repository));
  return findings.map(({ file, line, text }) => `${file}${line ? `:${line}` : ""} ${text}`).join("\n");
}

/** Runs an installed tool with this Node; its output is the complaint when it fails. */
function tool(path, args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [join(root, "node_modules", path), ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    // A compiler that meets two copies of one library's types may never end.
    timeout: 300_000,
  });
  if (status === 0) return "";
  return `${stdout ?? ""}${stderr ?? ""}${error ? String(error) : ""}` || `${path} ended with ${status}`;
}

function checkTypes() {
  const projects = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "tests", "tests/workerd"].map(
    (folder) => `${folder}/tsconfig.json`,
  );
  return projects
    .filter((project) => existsSync(join(root, project)))
    .map((project) => tool("ts7/bin/tsc", ["-p", project]))
    .join("");
}

function checkImports() {
  const folders = ["packages", "tests", "scripts", "bench"].filter((folder) => existsSync(join(root, folder)));
  return tool("dependency-cruiser/bin/dependency-cruiser.mjs", ["--config", ".dependency-cruiser.mjs", ...folders]);
}

function checkLockfile() {
  const { status, stdout, stderr } = spawnSync(
    "npm",
    ["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: root, encoding: "utf8" },
  );
  return status === 0 ? "" : `${stdout}${stderr}` || `npm ci --dry-run ended with ${status}`;
}

process.exitCode = main(process.argv.slice(2));
