/** The images that we build: where their sources are, and the tag that changes with every byte of them. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Stages of `images/Dockerfile` that every assistant may need; built together. */
export const imageNames = ["sidecar", "sandbox"] as const;

/** Stock OpenClaw is one image a version. */
const hosted = /^(moltbot|openclaw)-(\d[\w.-]*)$/;

/** Versions of OpenClaw that can be hosted: each has a lockfile, so that its image is the same everywhere. The newest first. */
export function openClawVersions(folder: string): string[] {
  return readdirSync(join(folder, "moltbot", "versions"))
    .map((name) => name.replace(/\.json$/, ""))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

export const hostedImageName = (version: string) => `moltbot-${version}`;

/** The version of OpenClaw in an image of that name; undefined for the other images. */
export const hostedVersion = (name: string) => hosted.exec(name)?.[2];

/** The stage that an image is made of. */
export const stageOf = (name: string) => hosted.exec(name)?.[1] ?? name;

/** The repository part of every image of ours; the policy lets no other start. */
export const imagePrefix = "moltworker-";

/** `moltworker-sandbox:<hash of its sources>`, for the folder `images/`. */
export function imageTag(folder: string, name: string): string {
  const hash = createHash("sha256");
  const version = hostedVersion(name);
  const stage = stageOf(name);
  const { base, stages, parents } = readDockerfile(folder);
  const own = [join(folder, stage, "server"), ...(["sandbox", "moltbot"].includes(stage) ? [join(folder, "shared")] : [])];
  const files = own.flatMap((part) => (existsSync(part) ? filesBelow(part) : []));
  if (version) files.push(join(folder, "moltbot", "versions", `${version}.json`));
  for (const path of [...files, join(folder, "packages.json")])
    hash.update(`${path.slice(folder.length)}\0`).update(readFileSync(path));
  hash.update(base);
  for (let at = stage; at !== "base"; at = parents[at] ?? "base") hash.update(stages[at] ?? "");
  const digest = hash.digest("hex").slice(0, 16);
  return `${imagePrefix}${stage}:${version ? `${version}-` : ""}${digest}`;
}

/** Tags by name. */
export function imageTags(folder: string): Record<string, string> {
  const names = [...imageNames, ...openClawVersions(folder).map(hostedImageName)];
  return Object.fromEntries(names.map((name) => [name, imageTag(folder, name)]));
}

export interface Dockerfile {
  /** All up to the first stage that stands on `base`. */
  base: string;
  /** The lines of each further stage, by its name. */
  stages: Record<string, string>;
  /** What each stands on. */
  parents: Record<string, string>;
  /** A file that ends with this stage, and has what it stands on before it. */
  upTo(stage: string): string;
}

export function readDockerfile(folder: string): Dockerfile {
  const [base = "", ...rest] = readFileSync(join(folder, "Dockerfile"), "utf8").split(/^FROM (\w+) AS (\w+)\n/m);
  const stages: Record<string, string> = {};
  const parents: Record<string, string> = {};
  for (let at = 0; at < rest.length; at += 3) {
    const [parent = "", name = "", lines = ""] = rest.slice(at, at + 3);
    stages[name] = lines;
    parents[name] = parent;
  }
  const upTo = (stage: string): string => {
    const parent = parents[stage];
    return parent === undefined ? base : `${upTo(parent)}FROM ${parent} AS ${stage}\n${stages[stage] ?? ""}`;
  };
  return { base, stages, parents, upTo };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
