/**
 * A bash script, where it can run: in an interpreter inside the isolate, on an overlay of the workspace, with no network and
 * no way out; or, when it calls what the isolate does not have, in the sandbox. What it changed comes back as `changes` and
 * is committed with the call, or not at all.
 */

import type { BashExecResult, CommandName } from "just-bash/browser";
import * as z from "zod";
import { defineTool, type ToolContext, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { workspaceRoot } from "../storage/workspace-path.ts";
import { inSandbox, sandboxMs, startInSandbox } from "./bash/in-sandbox.ts";
import { OverlayFileSystem } from "./bash/overlay-file-system.ts";
import { missingCommand, type Place } from "./bash/place.ts";

const parameters = z.object({
  command: z.string().min(1).max(100_000),
  /** The isolate is chosen by itself only; the sandbox may be asked for. */
  place: z.literal("sandbox").optional(),
  background: z.boolean().optional(),
});
type Args = z.infer<typeof parameters>;

const timeoutMs = 30_000;

/**
 * On top of the interpreter's own "hardened" profile. Counted limits matter most: a loop that touches no file gives
 * timers no turn. An array is copied at each append, so its length bounds a square (it also bounds `grep -r` to as many
 * files; `search` has no such bound).
 */
const executionLimits = {
  maxCommandCount: 20_000,
  maxArrayElements: 5_000,
  maxOutputSize: 1_000_000,
  maxExecutionTimeMs: timeoutMs,
};

/** Built-ins that need Node's own modules; unlisted, they are simply not found. */
const unavailable = new Set(["tar", "yq", "xan", "sqlite3", "html-to-markdown"]);

const placeOf = ({ command, place, background }: Args): Place =>
  place === "sandbox" || background || missingCommand(command) !== undefined ? "container" : "isolate";

export const bash = defineTool<Args>({
  name: "bash",
  description:
    "Run a bash script in the workspace (/workspace; folders without files are not kept). Coreutils, grep, rg, sed, awk, jq, find, diff, gzip run at once. Scripts that call git, python3, node, npm, curl, tar or another program run in a Linux sandbox, which asks the owner first; place:sandbox forces it; background gives a handle for `jobs`. Each call starts fresh.",
  parameters,
  effect: (args) => (placeOf(args) === "container" ? "external" : "idempotent"),
  timeoutMs,
  timeoutFor: (args) => (placeOf(args) === "container" ? sandboxMs : timeoutMs),
  async refusal(args, { sandbox }) {
    if (placeOf(args) === "isolate") return undefined;
    const why = await sandbox.missing();
    if (!why) {
      // The owner is asked first: it comes up while they read.
      sandbox.anticipate();
      return undefined;
    }
    const command = missingCommand(args.command);
    const needs = command === undefined ? "This needs the sandbox" : `${command} needs the sandbox`;
    return `${needs}, and it cannot be had: ${why.message}. ${why.hint} Without it there are coreutils, grep, sed, awk, jq and the like; fetch pages with \`web_fetch\`.`;
  },
  execute: (args, context) => {
    if (placeOf(args) === "isolate") return withFailures(() => run(args.command, context));
    return args.background ? startInSandbox(args.command, context) : inSandbox(args.command, context);
  },
});

async function run(command: string, context: ToolContext): Promise<ToolOutcome> {
  // Loaded at first use: the interpreter is the largest part of the Worker and most conversations never need it.
  const { Bash, getCommandNames } = await import("just-bash/browser");
  const { clock, signal } = context;
  signal.throwIfAborted();
  const fs = new OverlayFileSystem(context.workspace, { now: () => clock.now(), takeTurn: () => clock.sleep(0, signal) });
  fs.mkdirSync("/tmp", { recursive: true });
  const shell = new Bash({
    fs,
    cwd: workspaceRoot,
    env: { HOME: workspaceRoot, USER: "assistant", TMPDIR: "/tmp" },
    commands: getCommandNames().filter((name) => !unavailable.has(name)) as CommandName[],
    executionLimitProfile: "hardened",
    executionLimits,
    sleep: (ms) => clock.sleep(ms, signal),
    // It would patch globals of the whole Worker while a script runs.
    defenseInDepth: false,
  });
  try {
    const result = await shell.exec(command, { signal });
    signal.throwIfAborted();
    return outcomeOf(result, fs);
  } catch (error) {
    signal.throwIfAborted();
    // The interpreter passes on what a redirection into a forbidden or full place throws.
    return failed(
      `bash: ${error instanceof Error ? error.message : String(error)}\nThe script was stopped there; nothing was saved.`,
    );
  }
}

function outcomeOf(result: BashExecResult, fs: OverlayFileSystem): ToolOutcome {
  const untrustedFrom = fs.outsideFrom;
  const changes = fs.changes();
  const { exitCode, stderr } = result;
  const parts = [printed(result), stderr.trimEnd()].filter((part) => part !== "");
  if (exitCode !== 0) parts.push(`exit code ${exitCode}`);
  if (exitCode === 127) parts.push("That program is not in the isolate; with place:sandbox the script runs in the sandbox.");
  const text = parts.join("\n") || "(no output)";
  const changed = changes.length === 0 ? "" : `, ${changes.length} ${changes.length === 1 ? "file" : "files"} changed`;
  const outcome: ToolOutcome = { text, changes, untrustedFrom, meta: `exit ${exitCode}${changed} · in the isolate` };
  // A script that ran and failed keeps its changes, as on a real machine; `isError` would drop them.
  return exitCode === 0 || changes.length > 0 ? outcome : { ...outcome, isError: true };
}

/** Standard output as text; bytes that are not text are named, not dumped. */
function printed({ stdout, stdoutKind }: BashExecResult): string {
  const bytes = stdoutKind === "bytes" && /[\u0080-\u00ff]/.test(stdout);
  const text = bytes ? new TextDecoder().decode(Uint8Array.from(stdout, (character) => character.charCodeAt(0))) : stdout;
  const strange = text.match(/[\x01-\x08\x0e-\x1a\ufffd]/g)?.length ?? 0;
  if (text.includes("\0") || strange > text.length / 10)
    return `[${text.length} characters of binary output, not shown; write them to a file instead]`;
  return text.trimEnd();
}
