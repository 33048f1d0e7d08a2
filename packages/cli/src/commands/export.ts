/** `moltworker export <file>`: everything in open formats, as one tar.gz. */

import { createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { MoltError } from "@moltworker/protocol/errors";
import { fetchTo } from "../import/send.ts";
import type { Output } from "../output.ts";
import { baseUrl } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export async function exportAll(file: string, options: { data?: string; force: boolean }, output: Output): Promise<void> {
  if (existsSync(file) && !options.force)
    throw new MoltError("USAGE", { message: `${file} is there already`, hint: "Name another file, or add --force." });
  const { hostKey, ...address } = findRunning(options.data);
  const draft = `${file}.part`;
  try {
    const target = { url: new URL(baseUrl(address)), secret: hostKey };
    await fetchTo(target, "/api/export", createWriteStream(draft, { mode: 0o600 }));
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  const { size } = statSync(file);
  output.result(`exported ${(size / 1_000_000).toFixed(1)} MB to ${file}`, { type: "export", file, bytes: size });
}
