/**
 * Containers in a deployment: they are an addition, so that wrangler.jsonc stands without them, and wrangler.containers.jsonc
 * says what they add. Wrangler reads one file: the two are joined into one beside them, and the images' sources are laid out as
 * Cloudflare builds them, one Dockerfile an image.
 */

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackPackages } from "../../packages/cli/src/containers/image-packages.ts";
import { readDockerfile } from "../../packages/cli/src/containers/image-sources.ts";
import { Failure } from "../failure.mjs";
import type { ContainersFile, DeployDeps } from "./dependencies.ts";

/** Cloudflare runs containers on this processor alone. */
const PROCESSOR = "x64";
const JOINED = "dist/wrangler.json";

/** The configuration to deploy with: undefined is wrangler.jsonc as it stands. Throws DEPLOY_FAILED without Docker. */
export async function containersConfig(
  { containers, questions, say }: Pick<DeployDeps, "containers" | "questions" | "say">,
  deployment: string,
): Promise<string | undefined> {
  const wanted = containers.asked ?? containers.file.read(deployment) ?? (await isWanted(questions));
  if (wanted && !(await containers.dockerAnswers()))
    throw new Failure(
      "DEPLOY_FAILED",
      "Docker does not answer on this machine, and it builds the containers' images",
      "Start Docker, then run `npm run deploy` again; or deploy without: `npm run deploy -- --no-containers`.",
    );
  containers.file.write(deployment, wanted);
  if (!wanted) return undefined;
  say("Laying out the containers' images …");
  return containers.prepare();
}

async function isWanted(questions: DeployDeps["questions"]): Promise<boolean> {
  const choices = ["No: everything but a Linux for tools works", "Yes: it needs the paid plan, and Docker on this machine"];
  return (await questions.choose("Containers as well?", choices)) === 1;
}

export function createContainersFile(folder: string): ContainersFile {
  const path = (deployment: string) => join(folder, `${deployment.replaceAll(/[^\w-]/g, "_")}.containers`);
  return {
    read: (deployment) => (existsSync(path(deployment)) ? readFileSync(path(deployment), "utf8").trim() === "yes" : undefined),
    write(deployment, wanted) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path(deployment), wanted ? "yes\n" : "no\n", { mode: 0o600 });
    },
  };
}

export function dockerAnswers(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const child = spawn(environment.WRANGLER_DOCKER_BIN ?? "docker", ["version"], { env: environment, stdio: "ignore" });
  return new Promise((resolve) => child.once("error", () => resolve(false)).once("close", (code) => resolve(code === 0)));
}

/** Joins the two configurations and lays the images' sources out. `packages` false leaves out what comes from npm. */
export async function prepareContainers(repository: string, { packages }: { packages: boolean }): Promise<string> {
  const sources = join(repository, "images");
  const context = join(repository, "dist/images");
  rmSync(context, { recursive: true, force: true });
  cpSync(sources, context, { recursive: true });
  const { stages, upTo } = readDockerfile(sources);
  for (const name of Object.keys(stages)) writeFileSync(join(context, `${name}.Dockerfile`), upTo(name));
  if (packages) await unpackPackages(sources, context, PROCESSOR);
  const { experimental_readRawConfig: readRaw } = await import("wrangler");
  const read = (name: string) => readRaw({ config: join(repository, name) }).rawConfig as Json;
  const joined = joinConfigs(read("wrangler.jsonc"), read("wrangler.containers.jsonc"));
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
