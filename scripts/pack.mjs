/**
 * Makes the package that is published: the built command, Worker and UI, with workerd's binary as its only dependency.
 * Prints the tarball's path. `node scripts/pack.mjs [folder]`, by default `.cache/package`.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, repository } from "./build.mjs";
import { Failure, report, requireNode } from "./failure.mjs";

async function pack(target) {
  requireNode();
  await build({ root: repository });
  const command = join(repository, "packages/cli");
  const folder = join(target, "moltworker");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // The compiled configuration holds the Worker's modules.
  const isPublic = (path) => !/[/\\](\.(stamps|draft|retired).*|worker[/\\].*\.(js|capnp))$/.test(path);
  cpSync(join(command, "dist"), join(folder, "dist"), { recursive: true, filter: isPublic });
  for (const name of ["LICENSE", "README.md"])
    if (existsSync(join(repository, name))) cpSync(join(repository, name), join(folder, name));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(command), undefined, 2)}\n`);

  const { status, stdout } = spawnSync("npm", ["pack", "--json", "--pack-destination", target], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Failure("BUILD_FAILED", "npm pack failed", "Read npm's lines above.");
  const [packed] = Object.values(JSON.parse(stdout));
  return join(target, packed.filename);
}

/** What users install: workerd's binary for their machine and nothing else; no package runs a script. */
function manifest(command) {
  const { version, license } = readManifest(command);
  const { description, engines } = readManifest(repository);
  const { optionalDependencies } = readManifest(join(repository, "node_modules/workerd"));
  return {
    name: "moltworker",
    version,
    description,
    license,
    type: "module",
    bin: { moltworker: "dist/moltworker.mjs" },
    files: ["dist"],
    engines,
    optionalDependencies,
  };
}

const readManifest = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

try {
  const target = resolve(process.argv[2] ?? join(repository, ".cache/package"));
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(target)) if (name.endsWith(".tgz")) rmSync(join(target, name));
  console.log(await pack(target));
} catch (error) {
  report(error);
}
