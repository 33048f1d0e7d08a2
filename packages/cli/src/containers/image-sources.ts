/** The images that we build: where their sources are, and the tag that changes with every byte of them. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Stages of `images/Dockerfile` that containers are made of. */
export const imageNames = ["sidecar", "sandbox"] as const;

export type ImageName = (typeof imageNames)[number];

/** The repository part of every image of ours; the policy lets no other start. */
export const imagePrefix = "moltworker-";

/** `moltworker-sandbox:<hash of its sources>`, for the folder `images/`. `base` has no folder of its own. */
export function imageTag(folder: string, name: ImageName | "base"): string {
  const hash = createHash("sha256");
  const own = existsSync(join(folder, name)) ? filesBelow(join(folder, name)) : [];
  for (const path of [...own, join(folder, "packages.json")])
    hash.update(`${path.slice(folder.length)}\0`).update(readFileSync(path));
  const { base, stages } = readDockerfile(folder);
  hash.update(base).update(name === "base" ? "" : (stages[name] ?? ""));
  return `${imagePrefix}${name}:${hash.digest("hex").slice(0, 16)}`;
}

/** Tags by name. */
export function imageTags(folder: string): Record<string, string> {
  return Object.fromEntries(imageNames.map((name) => [name, imageTag(folder, name)]));
}

/** The Dockerfile in its parts: all up to the first stage that stands on `base`, and the lines of each such stage. */
export function readDockerfile(folder: string): { base: string; stages: Record<string, string> } {
  const [base = "", ...rest] = readFileSync(join(folder, "Dockerfile"), "utf8").split(/^FROM base AS (\w+)\n/m);
  const stages: Record<string, string> = {};
  for (let at = 0; at < rest.length; at += 2) stages[rest[at] ?? ""] = rest[at + 1] ?? "";
  return { base, stages };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
