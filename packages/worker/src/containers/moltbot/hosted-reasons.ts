/** Why a hosted OpenClaw does not run, or runs with other settings than it was given: a cause and a cure each. */

import { MoltError } from "@moltworker/protocol/errors";
import type { FrontState, SettingsIssue } from "./front.ts";

const retry = "Read the lines below, then try again under Admin, Containers.";

export function explain({ reason, settings, lines, phase }: FrontState, version: string): MoltError {
  const details = { exitCode: reason?.exitCode ?? null, lines };
  const fail = (message: string, hint: string) => new MoltError("CONTAINER_FAILED", { message, hint, details });
  const issues = settings?.refused.flatMap((one) => one.issues).filter(({ path }) => path !== "") ?? [];
  if (reason?.exitCode === 78 && issues.length > 0)
    return fail(
      `OpenClaw ${version} refuses its settings: ${issueWords(issues)}`,
      "Correct that setting under Settings, Assistant.",
    );
  if (reason?.exitCode === 78)
    return fail(`OpenClaw ${version} refuses its settings${lastWords(lines)}`, "Correct them under Settings, Assistant.");
  if (reason?.signal === "SIGKILL")
    return fail(
      `OpenClaw ${version} was killed${reason.during === "start" ? " while it started" : ""}`,
      "It may have run out of memory: raise it under Settings, Assistant, then try again.",
    );
  if (reason?.signal) return fail(`OpenClaw ${version} was ended by ${reason.signal}`, retry);
  if (reason?.late || phase === "starting" || phase === "validating")
    return fail(`OpenClaw ${version} did not become ready in time${lastWords(lines)}`, retry);
  if (reason) return fail(`OpenClaw ${version} ended with exit code ${reason.exitCode ?? "unknown"}${lastWords(lines)}`, retry);
  return fail(`OpenClaw ${version} does not run`, retry);
}

/** undefined when it runs with exactly what its home says. */
export function settingsNote({ settings }: FrontState, at: number): string | undefined {
  if (!settings || settings.refused.length === 0) {
    if (!settings || settings.dropped.length === 0) return undefined;
  }
  const day = new Date(at).toISOString().slice(0, 16).replace("T", " ");
  const issues = issueWords(settings.refused.flatMap((one) => one.issues));
  const kept = "the refused ones are kept in its home as openclaw.json.refused";
  if (settings.used === "repaired")
    return `its settings were refused (${issues}): it started on ${day} without ${settings.dropped.join(", ")}; ${kept}`;
  if (settings.used === "last")
    return `its settings were refused (${issues}): since ${day} it runs with the last that started; ${kept}`;
  return `its settings were refused (${issues}): since ${day} it runs with ours alone; ${kept}`;
}

function issueWords(issues: readonly SettingsIssue[]): string {
  const words = issues
    .slice(0, 3)
    .map(({ path, message }) => (path === "" || path === "<root>" ? message : `${path}: ${message}`));
  return words.join("; ").slice(0, 300);
}

function lastWords(lines: readonly string[]): string {
  const last = lines.findLast((line) => line.trim() !== "");
  return last ? `: ${last.trim().slice(0, 200)}` : "";
}
