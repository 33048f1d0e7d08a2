/**
 * Containers in a deployment: they are an addition, so that wrangler.jsonc stands without them, and wrangler.containers.jsonc
 * says what they add. Wrangler reads one file: the two are joined into one beside them, and the images' sources are laid out as
 * Cloudflare builds them, one Dockerfile an image.
 */

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installOpenClaw, unpackPackages } from "../../packages/cli/src/containers/image-packages.ts";
import { openClawVersions, readDockerfile } from "../../packages/cli/src/containers/image-sources.ts";
import { Failure } from "../failure.mjs";
import type { ContainersChoice, ContainersFile, DeployDeps } from "./dependencies.ts";
import { keptFile } from "./kept-file.ts";

/** Cloudflare runs containers on this processor alone. */
const PROCESSOR = "x64";
const JOINED = "dist/wrangler.json";
const choiceNames: readonly ContainersChoice[] = ["no", "sandbox", "openclaw"];

/** The configuration to deploy with: undefined is wrangler.jsonc as it stands. Throws DEPLOY_FAILED without Docker. */
export async function containersConfig(
  { containers, questions, say }: Pick<DeployDeps, "containers" | "questions" | "say">,
  deployment: string,
): Promise<string | undefined> {
  const wanted = containers.asked ?? containers.file.read(deployment) ?? (await isWanted(questions));
  if (wanted !== "no" && !(await containers.dockerAnswers()))
    throw new Failure(
      "DEPLOY_FAILED",
      "Docker does not answer on this machine, and it builds the containers' images",
      "Start Docker, then run `npm run deploy` again; or deploy without: `npm run deploy -- --no-containers`.",
    );
  containers.file.write(deployment, wanted);
  if (wanted === "no") return undefined;
  say("Laying out the containers' images …");
  return containers.prepare(wanted);
}

async function isWanted(questions: DeployDeps["questions"]): Promise<ContainersChoice> {
  const choices = [
    "No: everything but a Linux for tools works",
    "A Linux for tools: it needs the paid plan, and Docker on this machine",
    "That, and the image of OpenClaw, which can then be hosted",
  ];
  const chosen = await questions.choose("Containers as well?", choices);
  return choiceNames[chosen ?? 0] ?? "no";
}

export function createContainersFile(folder: string): ContainersFile {
  const path = (deployment: string) => keptFile(folder, deployment, "containers");
  return {
    read(deployment) {
      if (!existsSync(path(deployment))) return undefined;
      const kept = readFileSync(path(deployment), "utf8").trim();
      // As an earlier version wrote it.
      return kept === "yes" ? "sandbox" : (choiceNames.find((name) => name === kept) ?? "no");
    },
    write(deployment, wanted) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path(deployment), `${wanted}\n`, { mode: 0o600 });
    },
  };
}

export function dockerAnswers(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const child = spawn(environment.WRANGLER_DOCKER_BIN ?? "docker", ["version"], { env: environment, stdio: "ignore" });
  return new Promise((resolve) => child.once("error", () => resolve(false)).once("close", (code) => resolve(code === 0)));
}

export interface PrepareOptions {
  wanted: Exclude<ContainersChoice, "no">;
  /** False leaves out what comes from npm: enough to look at the configuration. */
  packages: boolean;
}

/** Joins the configurations and lays the images' sources out. */
export async function prepareContainers(repository: string, { wanted, packages }: PrepareOptions): Promise<string> {
  const sources = join(repository, "images");
  const context = join(repository, "dist/images");
  rmSync(context, { recursive: true, force: true });
  cpSync(sources, context, { recursive: true });
  const { stages, upTo } = readDockerfile(sources);
  for (const name of Object.keys(stages)) writeFileSync(join(context, `${name}.Dockerfile`), upTo(name));
  const [version = ""] = openClawVersions(sources);
  if (packages) await unpackPackages(sources, context, PROCESSOR);
  if (packages && wanted === "openclaw") await installOpenClaw(sources, context, version);
  const { experimental_readRawConfig: readRaw } = await import("wrangler");
  const read = (name: string) => readRaw({ config: join(repository, name) }).rawConfig as Json;
  const joined = joinConfigs(read("wrangler.jsonc"), read("wrangler.containers.jsonc"));
  if (wanted === "openclaw") addImage(joined, `moltbot-${version}`, "moltbot");
  writeFileSync(join(repository, JOINED), JSON.stringify(rebase(joined), undefined, 2));
  return JOINED;
}

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;

/** Objects are joined, lists put one after the other. */
export function joinConfigs(first: Json, second: Json): Json {
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
  if (!isRecord(first) || !isRecord(second)) return second;
  const joined = { ...first };
  for (const [key, value] of Object.entries(second))
    joined[key] = joined[key] === undefined ? value : joinConfigs(joined[key], value);
  return joined;
}

/** One more image of the same class; each version of OpenClaw has its own name. */
function addImage(config: Json, name: string, stage: string): void {
  const [row] = isRecord(config) && Array.isArray(config.containers) ? config.containers : [];
  if (!row || !isRecord(row) || !isRecord(row.images ?? null)) throw new Error("wrangler.containers.jsonc names no images");
  const image = { dockerfile: `dist/images/${stage}.Dockerfile`, build_context: "dist/images" };
  row.images = { ...(row.images as { [key: string]: Json }), [name]: image };
}

const isRecord = (value: Json): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pathKeys = new Set(["$schema", "main", "base_dir", "directory", "dockerfile", "build_context"]);

/** Paths count from the file that names them, and the joined one lies a folder deeper. */
function rebase(value: Json): Json {
  if (Array.isArray(value)) return value.map(rebase);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      pathKeys.has(key) && typeof inner === "string" ? `../${inner}` : rebase(inner),
    ]),
  );
}
