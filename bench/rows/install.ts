/** What a user downloads: the published package, installed into an empty folder. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installOpenClaw } from "../../tests/support/openclaw.ts";
import { type RowGroup, sideBySide } from "../row.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

export const install: RowGroup = {
  name: "install",
  what: "size of the published package with all it needs",
  measure: (bench) =>
    sideBySide(bench, async (product) => (product.isOurs ? measureOurs() : measureFolder(installOpenClaw().folder)), [
      { id: "install.size", what: "install of the published package", unit: "MB", better: "lower", bar: 150 },
      { id: "install.packages", what: "packages in it", unit: "", better: "lower", bar: 40 },
    ]),
};

type Figures = Record<string, { value: number; note?: string }>;

function measureOurs(): Figures {
  const folder = mkdtempSync(join(tmpdir(), "bench-install-"));
  try {
    const tarball = run(process.execPath, ["scripts/pack.mjs", folder], repository).trim();
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const began = Date.now();
    run("npm", ["install", `${tarball}`, "--no-audit", "--no-fund", "--loglevel=error"], folder);
    const figures = measureFolder(folder);
    return {
      ...figures,
      "install.size": {
        ...(figures["install.size"] as { value: number }),
        note: `${((Date.now() - began) / 1_000).toFixed(0)} s with a warm npm cache`,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureFolder(folder: string): Figures {
  const modules = join(folder, "node_modules");
  const kilobytes = Number(/^\d+/.exec(run("du", ["-sk", modules], folder))?.[0]);
  const lock = join(modules, ".package-lock.json");
  const packages = existsSync(lock)
    ? Object.keys((JSON.parse(readFileSync(lock, "utf8")) as { packages: object }).packages).length
    : Number.NaN;
  return { "install.size": { value: kilobytes / 1_024 }, "install.packages": { value: packages } };
}

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
  return stdout;
}
