/** What the images take from npm: fetched by the machine's own npm and checked against the hashes in `packages.json`. */

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import { runProgram } from "./run-program.ts";

interface PackageRow {
  package: string;
  integrity: string;
}

/** The packages from npm that the base copies, for a processor as Node names it, into `packages/` of the build's folder. Throws BUILD_FAILED. */
export async function unpackPackages(sources: string, context: string, processor: string): Promise<void> {
  const { node, npm } = JSON.parse(readFileSync(join(sources, "packages.json"), "utf8")) as {
    node: Record<string, PackageRow>;
    npm: PackageRow;
  };
  const wanted = node[processor];
  if (!wanted)
    throw new MoltError("BUILD_FAILED", {
      message: `there is no image for ${processor}`,
      hint: "Build on a machine with an x64 or arm64 processor.",
    });
  await unpack(wanted, join(context, "packages", "node"));
  await unpack(npm, join(context, "packages", "npm"));
}

/**
 * Stock OpenClaw with everything that it depends on, into `packages/openclaw/` of the build's folder: exactly what its lockfile names,
 * and no package runs a script. Throws BUILD_FAILED.
 */
export async function installOpenClaw(sources: string, context: string, version: string): Promise<void> {
  const folder = join(context, "packages", "openclaw");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: { openclaw: version } }));
  cpSync(join(sources, "moltbot", "versions", `${version}.json`), join(folder, "package-lock.json"));
  const flags = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error", "--engine-strict=false"];
  await runProgram("npm", ["ci", ...flags], { cwd: folder });
  const { version: found } = JSON.parse(readFileSync(join(folder, "node_modules", "openclaw", "package.json"), "utf8")) as {
    version: string;
  };
  if (found !== version)
    throw new MoltError("BUILD_FAILED", {
      message: `npm installed openclaw ${found}, not ${version}`,
      hint: "Check the registry that npm uses, then try again.",
    });
}

async function unpack({ package: name, integrity }: PackageRow, folder: string): Promise<void> {
  const draft = mkdtempSync(join(tmpdir(), "moltworker-npm-"));
  try {
    const said = await runProgram("npm", ["pack", name, "--json", "--loglevel=error", "--pack-destination", draft]);
    const [packed] = Object.values(JSON.parse(said) as { filename: string }[]);
    const file = join(draft, packed?.filename ?? "");
    const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
    if (found !== integrity)
      throw new MoltError("BUILD_FAILED", {
        message: `${name} from npm is not the one we know`,
        hint: "Check the registry that npm uses, then try again.",
      });
    await runProgram("tar", ["-C", draft, "-xzf", file]);
    mkdirSync(join(folder, ".."), { recursive: true });
    cpSync(join(draft, "package"), folder, { recursive: true });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
