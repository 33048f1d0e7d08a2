/** The files of a folder. It is only read; links and devices are named and passed over. */

import { createReadStream, type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Skipped, SourceFile } from "./tar-writer.ts";

/** What the assistant would leave out anyway need not travel. */
const unwantedFolders = new Set(["node_modules", ".git", "cache", ".cache", "tmp", ".npm", "logs", "log"]);

/** True for what lies in a folder that no import wants. */
export const isUnwanted = (path: string): boolean =>
  path
    .split("/")
    .slice(0, -1)
    .some((part) => unwantedFolders.has(part));

/** Sorted; paths begin with `prefix`. */
export function* folderFiles(
  root: string,
  skip: (skipped: Skipped) => void,
  prefix = "",
): Generator<SourceFile, void, undefined> {
  for (const path of pathsIn(root, "", skip)) {
    const file = join(root, path);
    const { size } = statSync(file);
    yield { path: prefix + path, sizeBytes: size, content: () => (size > 0 ? createReadStream(file, { end: size - 1 }) : []) };
  }
}

function* pathsIn(root: string, folder: string, skip: (skipped: Skipped) => void): Generator<string, void, undefined> {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    skip({ path: folder, why: (error as Error).message });
    return;
  }
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!unwantedFolders.has(entry.name)) yield* pathsIn(root, path, skip);
    } else if (entry.isFile()) yield path;
    else skip({ path, why: "a link or a device" });
  }
}
