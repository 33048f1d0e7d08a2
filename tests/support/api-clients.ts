/** Clients of OpenAI's API from npm, installed on demand into an ignored folder, outside the default install. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const versions = { openai: "7.59.0", ai: "7.0.173", "@ai-sdk/openai-compatible": "3.0.92", zod: "4.6.7" };
const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), ".cache", "api-clients");

/** The folder with the pinned versions in it. */
export function installApiClients(): string {
  if (Object.entries(versions).every(([name, version]) => installedVersion(name) === version)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const wanted = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const args = ["install", ...wanted, "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const path = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
  const { status } = spawnSync("npm", args, { cwd: folder, env: { ...process.env, PATH: path }, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`npm could not install ${wanted.join(" ")} (exit code ${status})`);
  return folder;
}

function installedVersion(name: string): string | undefined {
  const manifest = join(folder, "node_modules", name, "package.json");
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version : undefined;
}
