/** `moltworker logs`: the last lines of the log, and with --follow those that come. Works whether or not it runs. */

import { existsSync, readFileSync, statSync, watch } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { locateDataFolder } from "../supervisor/data-folder.ts";
import { logFileName, logFilePaths } from "../supervisor/log-file.ts";
import { formatLogLine, type LogLine } from "../supervisor/log-line.ts";

export interface LogsOptions {
  data?: string;
  lines: number;
  follow: boolean;
}

export async function logs(options: LogsOptions, output: Output): Promise<void> {
  const folder = locateDataFolder(options.data).logs;
  if (!existsSync(folder))
    throw new MoltError("NOT_FOUND", {
      message: `there are no logs in ${folder}`,
      hint: "Start the assistant once, or name its folder with --data.",
    });
  const path = join(folder, logFileName);
  let offset = existsSync(path) ? statSync(path).size : 0;
  const kept = logFilePaths(folder).filter((file) => existsSync(file));
  const all = kept.flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
  for (const line of all.slice(-options.lines)) print(line, output);
  if (!options.follow) return;
  let reading = Promise.resolve();
  const more = async () => {
    const result = await readFrom(path, offset);
    offset = result.offset;
    for (const line of result.lines) print(line, output);
  };
  const watcher = watch(folder, () => {
    reading = reading.then(more).catch(() => undefined);
  });
  await new Promise<void>((resolve) => process.once("SIGINT", resolve));
  watcher.close();
}

/** Whole lines after `offset`; a file that shrank was rotated and is read from its start. */
export async function readFrom(path: string, offset: number): Promise<{ lines: string[]; offset: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const from = size < offset ? 0 : offset;
    const bytes = Buffer.alloc(size - from);
    await file.read(bytes, 0, bytes.length, from);
    const end = bytes.lastIndexOf(10) + 1;
    return { lines: bytes.subarray(0, end).toString("utf8").split("\n").filter(Boolean), offset: from + end };
  } finally {
    await file.close();
  }
}

function print(text: string, output: Output): void {
  try {
    const line = JSON.parse(text) as LogLine;
    output.result(formatLogLine(line, process.stdout.isTTY === true), line);
  } catch {
    // A line that a kill cut in half says nothing.
  }
}
