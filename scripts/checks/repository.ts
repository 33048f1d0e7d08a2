/** The files of a checkout as the house's rules see them, and what a rule finds in them. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** One broken rule: where, and what is wrong with it in words that say the cure. */
export interface Finding {
  file: string;
  line?: number;
  text: string;
}

export interface Repository {
  root: string;
  /** Paths relative to the root, those that git tracks or would track; sorted. */
  files: string[];
  read(path: string): string;
  exists(path: string): boolean;
}

/** Reads the list from git, so that ignored files play no part. Throws when `root` is not a checkout. */
export function openRepository(root: string): Repository {
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  if (listed.status !== 0) throw new Error(`git ls-files failed in ${root}: ${listed.stderr}`);
  const isFile = (path: string) => existsSync(join(root, path)) && statSync(join(root, path)).isFile();
  return {
    root,
    files: [...new Set(listed.stdout.split("\0"))].filter((path) => path !== "" && isFile(path)).sort(),
    read: (path) => readFileSync(join(root, path), "utf8"),
    exists: (path) => existsSync(join(root, path)),
  };
}

/** A repository that exists only in memory, to try a rule on. */
export function repositoryOf(contents: Record<string, string>): Repository {
  const files = Object.keys(contents).sort();
  return {
    root: "",
    files,
    read(path) {
      const text = contents[path];
      if (text === undefined) throw new Error(`no file ${path}`);
      return text;
    },
    exists: (path) => files.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`)),
  };
}

/** 1-based line of a character offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf("\n"); index !== -1 && index < offset; index = text.indexOf("\n", index + 1)) line += 1;
  return line;
}
