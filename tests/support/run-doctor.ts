/** `moltworker doctor --json`, run as people run it, and what it says is not well. */

import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import type { CheckResult } from "@moltworker/protocol/doctor";
import { type ErrorCode, errorTable } from "@moltworker/protocol/errors";
import { expect } from "vitest";
import { commandPath } from "./server.ts";

export interface Seen {
  /** `id: verdict code` of everything that is not well. */
  troubles: string[];
  checks: (CheckResult & { fixed?: string })[];
  exit: number | null;
  output: string;
}

/** Whatever is not well has a cure: that is seen to here. `input` goes to its standard input; `path` is the command. */
export async function runDoctor(args: string[], input = "", path = commandPath): Promise<Seen> {
  const env = { PATH: process.env.PATH ?? "", HOME: tmpdir(), NODE_NO_WARNINGS: "1" };
  const child = spawn(process.execPath, [path, "doctor", "--json", ...args], { env });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdin.end(input);
  const exit = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const checks = lines.map((line) => JSON.parse(line)).filter((line) => line.type === "check") as Seen["checks"];
  const bad = checks.filter(({ verdict }) => verdict === "warn" || verdict === "fail");
  for (const check of bad) expect(check.cure?.text, check.id).toMatch(/\S/);
  return { troubles: bad.map(({ id, verdict, code }) => `${id}: ${verdict} ${code}`), checks, exit, output };
}

export const exitOf = (code: ErrorCode) => errorTable[code].exit;
