/** `moltworker doctor [URL]`: what is wrong, why, and what cures it; from outside first, then inside the assistant. */

import { type CheckResult, runCheck } from "@moltworker/protocol/doctor";
import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { outsideChecks } from "../doctor/checks.ts";
import { createContext, type DoctorContext } from "../doctor/context.ts";
import type { Output } from "../output.ts";

export interface DoctorOptions {
  data?: string;
  port: number;
  tokenStdin: boolean;
  probe: boolean;
  fix: boolean;
}

interface Printed extends CheckResult {
  /** What `--fix` did. */
  fixed?: string;
}

/** Resolves when no check failed; else throws the first one's error, after all were printed. */
export async function doctor(address: string | undefined, options: DoctorOptions, output: Output): Promise<void> {
  const url = address === undefined ? undefined : originOf(address);
  const token = options.tokenStdin ? await readToken() : undefined;
  const failed = new Set<string>();
  const context = createContext({
    url,
    data: options.data,
    startPort: options.port,
    token,
    probe: options.probe,
    environment: process.env,
    failed,
  });
  const results: Printed[] = [];
  const keep = (result: Printed) => {
    if (result.verdict === "fail") failed.add(result.id);
    results.push(result);
    // A person need not read what could not be looked at; the sum at the end counts it.
    if (output.json || result.verdict !== "skipped") output.result(textOf(result), { type: "check", ...result });
  };
  for (const check of outsideChecks) {
    const result = await runCheck(check, context, Date.now);
    keep(
      options.fix && result.fixable && check.fix
        ? await cured(result, async () => {
            const fixed = await check.fix?.(context);
            return { ...(await runCheck(check, context, Date.now)), fixed };
          })
        : result,
    );
  }
  for (const result of await insideResults(context)) {
    keep(
      options.fix && result.fixable
        ? await cured(result, async () => {
            const { check, done } = await context.fixInside(result.id);
            return { ...check, fixed: done };
          })
        : result,
    );
  }
  conclude(results, context, output);
}

/** A cure that fails leaves the finding as it was, with the reason. */
async function cured(before: CheckResult, cure: () => Promise<Printed>): Promise<Printed> {
  try {
    return await cure();
  } catch (thrown) {
    return { ...before, fixed: `not cured: ${moltErrorFrom(thrown).message}` };
  }
}

/** The assistant's own checks; one line that says why when they cannot be had. */
async function insideResults(context: DoctorContext): Promise<CheckResult[]> {
  const base = { id: "inside", title: "Inside the assistant", fixable: false, durationMs: 0, code: null, cure: null };
  const blocker = ["name", "reachable", "tls", "access", "product"].find((id) => context.failed.has(id));
  if (!context.url || blocker) return [{ ...base, verdict: "skipped", cause: blocker ? `see ${blocker}` : "nothing runs here" }];
  if (!context.local && (context.token === undefined || context.failed.has("token"))) {
    const cause = context.token === undefined ? "only for whoever has the gateway token (--token-stdin)" : "see token";
    return [{ ...base, verdict: "skipped", cause }];
  }
  try {
    return (await context.report())?.checks ?? [];
  } catch (thrown) {
    const error = moltErrorFrom(thrown);
    return [{ ...base, verdict: "fail", code: error.code, cause: error.message, cure: { text: error.hint } }];
  }
}

function conclude(results: Printed[], { url }: DoctorContext, output: Output): void {
  const count = (verdict: CheckResult["verdict"]) => results.filter((result) => result.verdict === verdict).length;
  const summary = { ok: count("ok"), warn: count("warn"), fail: count("fail"), skipped: count("skipped") };
  const first = results.find((result) => result.verdict === "fail");
  const words = `${results.length} checks: ${summary.ok} ok, ${summary.warn} to look at, ${summary.fail} failed, ${summary.skipped} skipped`;
  output.result(words, { type: "doctor", url: url?.origin ?? null, healthy: first === undefined, ...summary });
  if (first)
    throw new MoltError(first.code ?? "INTERNAL", {
      message: `${first.title}: ${first.cause}`,
      hint: [first.cure?.text, first.cure?.command && `\`${first.cure.command}\``].filter(Boolean).join(" "),
      details: { check: first.id },
    });
}

const marks: Record<CheckResult["verdict"], string> = { ok: "ok  ", warn: "look", fail: "FAIL", skipped: "    " };

function textOf({ verdict, title, cause, cure, fixed }: Printed): string {
  const lines = [`${marks[verdict]}  ${title}: ${cause}`];
  if (fixed) lines.push(`      done: ${fixed}`);
  if (cure) lines.push(`      cure: ${cure.text}`);
  if (cure?.command) lines.push(`            ${cure.command}`);
  return lines.join("\n");
}

/** Only the origin: whatever else a pasted address carries, a token too, goes nowhere. Throws USAGE. */
function originOf(address: string): URL {
  const isNear = /^(localhost|127\.|\[|[\w-]+(:\d+)?(\/|$))/i.test(address);
  const text = /^[a-z]+:\/\//i.test(address) ? address : `${isNear ? "http" : "https"}://${address}`;
  const url = URL.canParse(text.replace(/^ws/i, "http")) ? new URL(text.replace(/^ws/i, "http")) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return new URL(url.origin);
  throw new MoltError("USAGE", {
    message: `${address.slice(0, 80)} is not an address`,
    hint: "Give one such as https://assistant.example.",
  });
}

async function readToken(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const token = Buffer.concat(chunks).toString("utf8").trim();
  if (token === "")
    throw new MoltError("USAGE", { message: "standard input holds no token", hint: "Pipe the token to the command." });
  return token;
}
