/** `moltworker import <source>`: a home of OpenClaw, Moltbot or Clawdbot, a moltworker bucket or a copy of one. A report first; then, with `--yes`, what it says. */

import { resolve } from "node:path";
import { Readable } from "node:stream";
import { MoltError } from "@moltworker/protocol/errors";
import type { ImportReport, ImportVerdict } from "@moltworker/protocol/import";
import { isBucketAddress } from "../import/bucket-address.ts";
import { send, type Target } from "../import/send.ts";
import { openSource } from "../import/source.ts";
import type { Skipped } from "../import/tar-writer.ts";
import type { Output } from "../output.ts";
import { baseUrl } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export interface ImportOptions {
  data?: string;
  /** Address of an assistant elsewhere. */
  url?: string;
  tokenStdin: boolean;
  yes: boolean;
}

export async function importSource(source: string, options: ImportOptions, output: Output): Promise<void> {
  const target = await targetOf(options);
  const skipped: Skipped[] = [];
  output.note(`reading ${source} …`);
  const talk = { skip: (one: Skipped) => skipped.push(one), note: (text: string) => output.note(text) };
  const { name, body } = await openSource(isBucketAddress(source) ? source : resolve(source), talk);
  const path = `/api/import?name=${encodeURIComponent(name)}`;
  const report = await send<ImportReport>(target, { method: "PUT", path, contentType: "application/x-tar", body });
  for (const one of skipped) output.result(`not read     ${one.path}: ${one.why}`, { type: "notRead", ...one });
  print(report, output);
  if (!options.yes) {
    output.result("Nothing was changed. Run it again with --yes to import this.", {
      type: "import",
      applied: false,
      hash: report.hash,
    });
    return;
  }
  const json = Readable.from([JSON.stringify({ hash: report.hash })]);
  const done = await send<ImportReport>(target, {
    method: "POST",
    path: "/api/import/apply",
    contentType: "application/json",
    body: json,
  });
  conclude(done, output);
}

async function targetOf(options: ImportOptions): Promise<Target> {
  if (options.url === undefined) {
    const { hostKey, ...address } = findRunning(options.data);
    return { url: new URL(baseUrl(address)), secret: hostKey };
  }
  if (!options.tokenStdin)
    throw new MoltError("USAGE", {
      message: "an assistant elsewhere needs its gateway token",
      hint: "Add --token-stdin, and give it on standard input.",
    });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return { url: new URL(new URL(options.url).origin), secret: Buffer.concat(chunks).toString("utf8").trim() };
}

const words: Record<ImportVerdict, string> = {
  taken: "taken",
  changed: "changed",
  same: "here already",
  aside: "kept aside",
  dropped: "not taken",
  failed: "FAILED",
};

function print(report: ImportReport, output: Output): void {
  output.result(`${report.layout}: ${report.files} files, ${(report.bytes / 1_000_000).toFixed(1)} MB`, {
    type: "source",
    layout: report.layout,
    files: report.files,
    bytes: report.bytes,
  });
  for (const line of report.lines) {
    const why = line.why ? `: ${line.why}` : "";
    output.result(`${words[line.verdict].padEnd(12)} ${line.kind.padEnd(12)} ${line.name}${why}`, { type: "line", ...line });
  }
  for (const left of report.leftOut)
    output.result(`left out     ${left.count} files: ${left.why} (${left.example})`, { type: "leftOut", ...left });
}

function conclude(report: ImportReport, output: Output): void {
  const failed = report.lines.filter(({ verdict }) => verdict === "failed");
  for (const line of failed) output.note(`failed: ${line.kind} ${line.name}: ${line.why}`);
  output.result(`imported: ${report.lines.length - failed.length} of ${report.lines.length} things`, {
    type: "import",
    applied: true,
    lines: report.lines.length,
    failed: failed.length,
  });
  if (failed.length > 0)
    throw new MoltError("INTERNAL", {
      message: `${failed.length} things could not be imported`,
      hint: "Their reasons stand above; correct them and import again, which takes only what is missing.",
    });
}
