/** `moltworker containers`: how they stand, their images, their last lines; and what ends or renews them. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContainersReport } from "@moltworker/protocol/containers";
import { MoltError } from "@moltworker/protocol/errors";
import { engineSocket } from "../containers/docker-engine.ts";
import type { Output } from "../output.ts";
import { answerError, callHost } from "../supervisor/host-api.ts";
import { findRunning } from "./running.ts";

export const containerActions = ["list", "build", "restart", "stop", "delete", "logs"] as const;

export interface ContainersOptions {
  data?: string;
  /** An image to build on, or `packages`. */
  base?: string;
  /** Version of OpenClaw to build. */
  openclaw?: string;
}

/** A start may take a minute, a drain before it a few seconds more. */
const answerMs = 90_000;

export async function containers(action: string, id: string, options: ContainersOptions, output: Output): Promise<void> {
  switch (action) {
    case "build":
      return buildAll(id, options, output);
    case "list":
      return printReport((await ask(options, { action })) as unknown as ContainersReport, output);
    case "logs": {
      const { lines } = (await ask(options, { action, id })) as { lines: string[] };
      return output.result(lines.join("\n") || "it wrote nothing", { type: "container-logs", id, lines });
    }
    case "restart":
    case "stop":
    case "delete": {
      const done = await ask(options, { action, id });
      return output.result(`${id}: ${action} done`, { type: "container", id, action, ...done });
    }
    default:
      throw new MoltError("USAGE", {
        message: `there is no \`containers ${action}\``,
        hint: `Say one of ${containerActions.join(", ")}.`,
      });
  }
}

async function ask(options: ContainersOptions, body: Record<string, string>): Promise<Record<string, unknown>> {
  const answer = await callHost(findRunning(options.data), "POST", "/api/containers", answerMs, body);
  if (answer.status !== 200) throw answerError(answer);
  return answer.body ?? {};
}

/** Needs no running assistant. The images' sources lie beside the command. `moltbot` is stock OpenClaw, and its network. */
async function buildAll(id: string, { base, openclaw }: ContainersOptions, output: Output): Promise<void> {
  const { buildImages } = await import("../containers/build-images.ts");
  const { hostedImageName, openClawVersions } = await import("../containers/image-sources.ts");
  const sources = join(dirname(fileURLToPath(import.meta.url)), "images");
  const versions = openClawVersions(sources);
  const version = openclaw ?? versions[0] ?? "";
  if (id === "moltbot" && !versions.includes(version))
    throw new MoltError("USAGE", {
      message: `openclaw ${version.slice(0, 40)} cannot be hosted`,
      hint: `Say one of ${versions.join(", ")}.`,
    });
  const images = await buildImages({
    sources,
    ...(id === "moltbot" ? { names: ["sidecar", hostedImageName(version)] } : {}),
    engineSocket: engineSocket(process.env),
    say: (text) => output.note(text),
    ...(base === undefined ? {} : { base }),
  });
  for (const { name, image, built } of images)
    output.result(`${name}: ${image} ${built ? "was built" : "is there already"}`, { type: "image", name, image, built });
}

function printReport(report: ContainersReport, output: Output): void {
  if (!report.available) output.result(`${report.cause}. ${report.cure}`, { type: "containers", ...report });
  for (const row of report.containers) {
    const state = row.stage ? `${row.state} (${row.stage})` : row.state;
    const version =
      row.runningImage && row.runningImage !== row.wantedImage ? `, runs ${row.runningImage}, wanted ${row.wantedImage}` : "";
    const why = row.reason ? `: ${row.reason.cause}. ${row.reason.cure}` : "";
    output.result(`${row.id}: ${state}, generation ${row.generation}${version}${why}`, { type: "container", ...row });
  }
}
