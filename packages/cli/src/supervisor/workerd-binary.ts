/** Finds the two things that must be there before a start: the workerd binary and our built Worker. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MoltError } from "@moltworker/protocol/errors";

const platformPackages: Record<string, string> = {
  "linux x64": "@cloudflare/workerd-linux-64/bin/workerd",
  "linux arm64": "@cloudflare/workerd-linux-arm64/bin/workerd",
  "darwin x64": "@cloudflare/workerd-darwin-64/bin/workerd",
  "darwin arm64": "@cloudflare/workerd-darwin-arm64/bin/workerd",
  "win32 x64": "@cloudflare/workerd-windows-64/bin/workerd.exe",
};

/** Absolute path of the binary itself, not of npm's wrapper. Throws WORKERD_MISSING. */
export function findWorkerd(platform = `${process.platform} ${process.arch}`): string {
  const subpath = platformPackages[platform];
  if (!subpath)
    throw new MoltError("WORKERD_MISSING", {
      message: `workerd does not run on ${platform}`,
      hint: "Run the assistant on Linux or macOS, x64 or arm64.",
    });
  const path = resolveFrom(import.meta.url, subpath) ?? resolveThroughWrapper(subpath);
  if (path) return path;
  throw new MoltError("WORKERD_MISSING", {
    message: `the workerd binary for ${platform} is not installed (${subpath})`,
    hint: "Run `npm ci` again, without --omit=optional.",
  });
}

function resolveFrom(module: string | URL, subpath: string): string | undefined {
  try {
    return createRequire(module).resolve(subpath);
  } catch {
    return undefined;
  }
}

/** Where npm nests packages, the binary is visible to the package that asked for it alone. */
function resolveThroughWrapper(subpath: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return resolveFrom(require.resolve("workerd/package.json"), subpath);
  } catch {
    return undefined;
  }
}

export interface BuiltFiles {
  config: string;
  ui: string;
  /** Says which build it is. */
  build: string;
  /** Tags of the container images by name, as the configuration has them. */
  images: Record<string, string>;
}

/** The built Worker and UI beside this bundle. Throws BUILD_FAILED when the bundle is incomplete. */
export function findBuiltFiles(folder = dirname(fileURLToPath(import.meta.url))): BuiltFiles {
  const files = {
    config: join(folder, "worker", "config.bin"),
    ui: join(folder, "ui"),
    build: join(folder, "worker", "build.json"),
  };
  for (const path of Object.values(files)) {
    if (!existsSync(path))
      throw new MoltError("BUILD_FAILED", { message: `${path} is missing`, hint: "Run `npm run build` in the checkout." });
  }
  return { ...files, images: JSON.parse(readFileSync(join(folder, "worker", "images.json"), "utf8")) as Record<string, string> };
}

/** Path of a program on PATH; undefined when it is not installed. */
export function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
