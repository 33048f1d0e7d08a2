/** `moltworker export <file>`: everything in open formats, as one tar.gz. */

import { createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { pipeline } from "node:stream/promises";
import { MoltError } from "@moltworker/protocol/errors";
import type { Output } from "../output.ts";
import { findRunning } from "./running.ts";

export async function exportAll(file: string, options: { data?: string; force: boolean }, output: Output): Promise<void> {
  if (existsSync(file) && !options.force)
    throw new MoltError("USAGE", { message: `${file} is there already`, hint: "Name another file, or add --force." });
  const { host, port, hostKey } = findRunning(options.data);
  const draft = `${file}.part`;
  try {
    await new Promise<void>((resolve, reject) => {
      const call = request({ host, port, path: "/api/export", headers: { authorization: `Bearer ${hostKey}` }, agent: false });
      call.on("error", reject);
      call.on("response", (response) => {
        if (response.statusCode !== 200)
          return reject(new MoltError("INTERNAL", { message: `the assistant answered ${response.statusCode}` }));
        pipeline(response, createWriteStream(draft, { mode: 0o600 })).then(resolve, reject);
      });
      call.end();
    });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  const { size } = statSync(file);
  output.result(`exported ${(size / 1_000_000).toFixed(1)} MB to ${file}`, { type: "export", file, bytes: size });
}
