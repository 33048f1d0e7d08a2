/** One program of the machine, run to its end. */

import { spawn } from "node:child_process";
import { MoltError } from "@moltworker/protocol/errors";

/** Its standard output. Throws BUILD_FAILED with its last words. */
export function runProgram(program: string, args: string[], options: { cwd?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (output.stdout += chunk));
    child.stderr.on("data", (chunk) => (output.stderr += chunk));
    const failed = (words: string) =>
      reject(
        new MoltError("BUILD_FAILED", {
          message: `${program} failed: ${words.trim().slice(-300)}`,
          hint: `Run it by hand to see more: ${program} ${args[0] ?? ""} …`,
        }),
      );
    child.on("error", (error) => failed(error.message));
    child.on("close", (code) =>
      code === 0 ? resolve(output.stdout) : failed(output.stderr || output.stdout || `exit code ${code}`),
    );
  });
}
