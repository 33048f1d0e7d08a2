/** Wrangler as a child process. What it is told in secret goes through its standard input, never through its arguments. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface WranglerResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What it did, in its own words for programs: one record a line of its output file. */
  records: Record<string, unknown>[];
}

export interface WranglerOptions {
  /** Written to its standard input. */
  input?: string;
  /** A person answers it on this terminal. */
  interactive?: boolean;
  accountId?: string;
}

export interface Wrangler {
  run(args: string[], options?: WranglerOptions): Promise<WranglerResult>;
}

/** Node gives its children a socket as standard input, which cannot be opened as the file /dev/stdin; a shell's pipe can. */
const throughPipe = 'cat | "$0" "$@"';

export function createWrangler(root: string, environment: NodeJS.ProcessEnv): Wrangler {
  const program = join(root, "node_modules/wrangler/bin/wrangler.js");
  return {
    async run(args, { input, interactive = false, accountId } = {}) {
      const folder = mkdtempSync(join(tmpdir(), "moltworker-deploy-"));
      const outputFile = join(folder, "output.ndjson");
      try {
        const env = {
          ...environment,
          WRANGLER_SEND_METRICS: "false",
          WRANGLER_OUTPUT_FILE_PATH: outputFile,
          ...(accountId === undefined ? {} : { CLOUDFLARE_ACCOUNT_ID: accountId }),
        };
        const stdio = interactive ? ("inherit" as const) : ("pipe" as const);
        const command = [process.execPath, program, ...args];
        const [file = "", ...rest] = input === undefined ? command : ["sh", "-c", throughPipe, ...command];
        const child = spawn(file, rest, { cwd: root, env, stdio });
        const said = { stdout: "", stderr: "" };
        child.stdout?.on("data", (chunk) => (said.stdout += chunk));
        child.stderr?.on("data", (chunk) => (said.stderr += chunk));
        child.stdin?.on("error", () => undefined).end(input ?? "");
        const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).once("close", resolve));
        return { code, ...said, records: readRecords(outputFile) };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function readRecords(path: string): Record<string, unknown>[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch {
    // It ended before it had anything to say.
    return [];
  }
}
