/**
 * A copy of the built product in a folder of its own, so that a test may replace it by a newer build while it runs, in the way
 * that the real build does: the new files are written beside the old ones, and the folder is renamed.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));

export interface BuildCopy {
  /** The command of the copy, for `startServer`. */
  command: string;
  /** Replaces the Worker by the same one under another build id, which it returns; `images`: other tags for the containers. */
  rebuild(images?: Record<string, string>): string;
  /** As `rebuild`, with an image of that name which no engine has. */
  without(name: string): string;
  /** The tags of the containers' images by name. */
  images(): Record<string, string>;
  dispose(): void;
}

export function copyBuild(): BuildCopy {
  // Inside the repository, so that the copy finds its packages.
  const cache = join(repository, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "build-copy-"));
  cpSync(join(repository, "packages/cli/dist"), folder, { recursive: true });
  let builds = 0;
  const copy: BuildCopy = {
    command: join(folder, "moltworker.mjs"),
    images: () => JSON.parse(readFileSync(join(folder, "worker", "images.json"), "utf8")) as Record<string, string>,
    rebuild(images = {}) {
      builds += 1;
      const draft = join(folder, `draft-${builds}`);
      cpSync(join(folder, "worker"), draft, { recursive: true });
      for (const [name, image] of Object.entries(images)) retag(draft, name, image);
      const id = createHash("sha256").update(`${folder} ${builds}`).digest("hex").slice(0, 12);
      const build = { id, version: "0.1.0", builtAt: new Date().toISOString() };
      writeFileSync(join(draft, "build.js"), `export default ${JSON.stringify(build)};\n`);
      writeFileSync(join(draft, "build.json"), JSON.stringify(build));
      const workerd = join(repository, "node_modules/workerd/bin/workerd");
      const compiled = spawnSync(workerd, ["compile", "--config-only", join(draft, "config.capnp")], { maxBuffer: 2 ** 28 });
      if (compiled.status !== 0) throw new Error(`workerd compile failed: ${compiled.stderr}`);
      writeFileSync(join(draft, "config.bin"), compiled.stdout);
      renameSync(join(folder, "worker"), join(folder, `retired-${builds}`));
      renameSync(draft, join(folder, "worker"));
      return id;
    },
    without: (name) => copy.rebuild({ [name]: `${copy.images()[name]}-that-nobody-built` }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
  return copy;
}

function retag(folder: string, name: string, image: string): void {
  const tags = JSON.parse(readFileSync(join(folder, "images.json"), "utf8")) as Record<string, string>;
  for (const file of ["images.json", "config.capnp"]) {
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), text.replaceAll(tags[name] as string, image));
  }
}
