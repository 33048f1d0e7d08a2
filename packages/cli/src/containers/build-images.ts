/**
 * Builds the container images from the sources beside the command. Packages from npm are fetched by the machine's own npm and
 * checked against the hashes in `packages.json`; the rest is a Dockerfile, built by the engine. Where no registry can be
 * reached, Debian's packages make the base.
 */

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { MoltError } from "@moltworker/protocol/errors";
import { debianBase } from "./debian-base.ts";
import { createDockerEngine, type DockerEngine, engineWords, textOf } from "./docker-engine.ts";
import { installOpenClaw, unpackPackages } from "./image-packages.ts";
import { hostedVersion, imageNames, imageTag, readDockerfile, stageOf } from "./image-sources.ts";

export interface BuildOptions {
  /** The folder `images/`. */
  sources: string;
  engineSocket: string;
  /** An image to build on instead of Debian's own; `packages` makes one from Debian's packages. */
  base?: string;
  /** Which; those that every assistant may need when absent. */
  names?: readonly string[];
  say(text: string): void;
}

export interface BuiltImage {
  name: string;
  image: string;
  /** False when it was there already. */
  built: boolean;
}

/** Throws CONTAINER_ENGINE_MISSING, or BUILD_FAILED with what the build said. */
export async function buildImages({ sources, engineSocket, base, say, names = imageNames }: BuildOptions): Promise<BuiltImage[]> {
  const engine = createDockerEngine(engineSocket);
  await engine.json("GET", "/version");
  const images: BuiltImage[] = [];
  const from = { sources, engine, base, say };
  for (const name of names) images.push(await ensureImage(name, from));
  return images;
}

type Sources = Omit<BuildOptions, "engineSocket" | "names"> & { engine: DockerEngine };

const isPresent = async (engine: DockerEngine, image: string) =>
  (await engine.call("GET", `/images/${encodeURIComponent(image)}/json`)).status === 200;

/** Each stage is an image of its own, so that what changes often stands on what changes seldom. */
async function ensureImage(name: string, from: Sources): Promise<BuiltImage> {
  const { sources, engine, say } = from;
  const image = imageTag(sources, name);
  if (await isPresent(engine, image)) return { name, image, built: false };
  const stage = stageOf(name);
  if (stage === "base") return ensureBase(image, from);
  const { stages, parents } = readDockerfile(sources);
  const version = hostedVersion(name);
  const parent = parents[stage] ?? "base";
  const below = await ensureImage(version && parent !== "base" ? `${parent}-${version}` : parent, from);
  const dockerfile = `FROM ${below.image}\n${stages[stage] ?? ""}`;
  await build({ engine, image, name, say, dockerfile }, async (context) => {
    for (const part of ["shared", join(stage, "server")])
      if (existsSync(join(sources, part))) cpSync(join(sources, part), join(context, part), { recursive: true });
    if (stage !== "openclaw" || !version) return;
    say(`  fetching openclaw ${version} from npm …`);
    await installOpenClaw(sources, context, version);
  });
  return { name, image, built: true };
}

/** What all images stand on; made once, whatever changes in our own programs. */
async function ensureBase(image: string, { sources, engine, base, say }: Sources): Promise<BuiltImage> {
  const from = base === "packages" ? await debianBase(engine, say) : base;
  const { base: dockerfile } = readDockerfile(sources);
  await build({ engine, image, name: "base", say, dockerfile, ...(from ? { from } : {}) }, (context) =>
    unpackPackages(sources, context, process.arch),
  );
  return { name: "base", image, built: true };
}

interface OneBuild {
  engine: DockerEngine;
  image: string;
  name: string;
  dockerfile: string;
  /** In the place of Debian's own image. */
  from?: string;
  say(text: string): void;
}

async function build(
  { engine, image, name, dockerfile, from, say }: OneBuild,
  fill: (context: string) => unknown,
): Promise<void> {
  say(`building ${image} …`);
  const context = mkdtempSync(join(tmpdir(), "moltworker-image-"));
  try {
    writeFileSync(join(context, "Dockerfile"), dockerfile);
    await fill(context);
    const tar = spawn("tar", ["-C", context, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const query = new URLSearchParams({
      t: image,
      rm: "true",
      forcerm: "true",
      labels: JSON.stringify({ "moltworker.image": name }),
      ...(from ? { buildargs: JSON.stringify({ BASE: from }) } : {}),
    });
    const answer = await engine.upload(`/build?${query}`, tar.stdout);
    if (answer.statusCode !== 200) throw buildFailed(name, engineWords(await textOf(answer)));
    for await (const line of createInterface({ input: answer })) {
      const { stream, error } = JSON.parse(line) as { stream?: string; error?: string };
      if (error) throw buildFailed(name, error);
      if (stream?.startsWith("Step ")) say(`  ${stream.trim().slice(0, 110)}`);
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function buildFailed(name: string, words: string): MoltError {
  const offline = /(lookup|dial|manifest|pull access|not found).*/i.test(words);
  return new MoltError("BUILD_FAILED", {
    message: `the image ${name} could not be built: ${words.trim().slice(0, 300)}`,
    hint: offline
      ? "Where no registry can be reached, a Debian machine builds from its own packages: `moltworker containers build --base packages`, as root."
      : "Read the lines above, then try again.",
  });
}
