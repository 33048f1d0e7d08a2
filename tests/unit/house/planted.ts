/** A throw-away project with one planted violation, and an installed tool run on it. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

export interface ToolRun {
  status: number | null;
  output: string;
}

/** Writes `files` beside copies of our `configs`, runs the tool there, and takes the folder away again. */
export function runPlanted(tool: string, args: string[], configs: string[], files: Record<string, string>): ToolRun {
  const folder = mkdtempSync(join(tmpdir(), "house-"));
  try {
    for (const config of configs) cpSync(join(root, config), join(folder, config));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    spawnSync("git", ["init", "-q"], { cwd: folder });
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", tool), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
