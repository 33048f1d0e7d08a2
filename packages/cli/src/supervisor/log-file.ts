/** The log on disk: JSON lines, rotated by size. A full or broken disk never stops the assistant: the line is dropped. */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface LogFile {
  write(line: string): void;
  close(): void;
}

export const logFileName = "moltworker.jsonl";

/** Oldest first. */
export function logFilePaths(folder: string, files = 3): string[] {
  return Array.from({ length: files }, (_, index) => pathOf(folder, files - 1 - index));
}

export function openLogFile(folder: string, limit: { maxBytes?: number; files?: number } = {}): LogFile {
  const { maxBytes = 10_000_000, files = 3 } = limit;
  let fd: number | undefined;
  let sizeBytes = 0;
  const open = () => {
    fd = openSync(pathOf(folder, 0), "a", 0o600);
    sizeBytes = fstatSync(fd).size;
  };
  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const rotate = () => {
    close();
    for (let index = files - 2; index >= 0; index--) {
      try {
        renameSync(pathOf(folder, index), pathOf(folder, index + 1));
      } catch {
        // That generation does not exist yet.
      }
    }
  };
  return {
    write(line) {
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (fd !== undefined && sizeBytes + bytes.length > maxBytes) rotate();
        if (fd === undefined) open();
        sizeBytes += writeSync(fd as number, bytes);
      } catch {
        close();
      }
    },
    close,
  };
}

const pathOf = (folder: string, index: number) => join(folder, index === 0 ? logFileName : `${logFileName}.${index}`);
