/**
 * The doctor's contract, the same for checks inside the assistant and for those of the command: each check gives one
 * verdict with its cause in one sentence and its cure. A check that breaks is a failed check, never a failed doctor.
 */

import { type ErrorCode, moltErrorFrom } from "./errors.ts";

export type Verdict = "ok" | "warn" | "fail" | "skipped";

export interface Cure {
  /** One sentence. */
  text: string;
  /** A line for a shell. */
  command?: string;
  /** Where in the UI it is cured: a fragment such as `#/settings/models`. */
  open?: string;
}

/** What a check found. `code` is the error that a person would meet, and the exit code of the command when it failed. */
export type Finding =
  | { verdict: "ok" | "skipped"; cause: string }
  | { verdict: "warn" | "fail"; code: ErrorCode; cause: string; cure: Cure; fixable?: boolean };

export interface Check<Context> {
  /** Kebab-case, the name of its file. */
  id: string;
  title: string;
  /** What it looks at, one sentence for the documentation. */
  about: string;
  run(context: Context): Finding | Promise<Finding>;
  /** Only where nothing can be lost. Returns what was done, one sentence. */
  fix?(context: Context): string | Promise<string>;
}

export interface CheckResult {
  id: string;
  title: string;
  verdict: Verdict;
  code: ErrorCode | null;
  cause: string;
  cure: Cure | null;
  /** `doctor.fix` (or `--fix`) can cure it. */
  fixable: boolean;
  durationMs: number;
}

export interface DoctorReport {
  /** No check failed; warnings are allowed. */
  ok: boolean;
  /** The assistant's clock, epoch milliseconds. */
  ts: number;
  /** Of the assistant. */
  version: string;
  checks: CheckResult[];
}

export const ok = (cause: string): Finding => ({ verdict: "ok", cause });
export const skipped = (cause: string): Finding => ({ verdict: "skipped", cause });
export const warn = (code: ErrorCode, cause: string, cure: Cure, fixable = false): Finding => ({
  verdict: "warn",
  code,
  cause,
  cure,
  fixable,
});
export const fail = (code: ErrorCode, cause: string, cure: Cure, fixable = false): Finding => ({
  verdict: "fail",
  code,
  cause,
  cure,
  fixable,
});

/** One check, judged and timed. Never throws. */
export async function runCheck<Context>(check: Check<Context>, context: Context, now: () => number): Promise<CheckResult> {
  const startedAt = now();
  const { id, title } = check;
  const base = { id, title, code: null, cure: null, fixable: false };
  try {
    const found = await check.run(context);
    const durationMs = now() - startedAt;
    const fixable = "fixable" in found && found.fixable === true && check.fix !== undefined;
    return { ...base, ...found, fixable, durationMs };
  } catch (thrown) {
    const error = moltErrorFrom(thrown);
    const cause = `the check could not be made: ${error.message}`;
    return { ...base, verdict: "fail", code: error.code, cause, cure: { text: error.hint }, durationMs: now() - startedAt };
  }
}
