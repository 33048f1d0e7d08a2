/** What may not be called at all: the settings' deny rules, and what a token is not allowed. Everything else is. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Limits } from "../../config/sections/limits.ts";
import { fitsTarget } from "./call-match.ts";
import type { CallTarget, PlannedCall } from "./governor.ts";

/** Throws FORBIDDEN that names the rule. */
export function checkDenied(rules: Limits["deny"], call: PlannedCall, target: CallTarget): void {
  const ref = `${target.provider}/${target.model}`;
  const allow = call.caller.own?.allow;
  if (allow && !allow.some((pattern) => fitsTarget(pattern, target)))
    throw new MoltError("FORBIDDEN", {
      message: `this token may not use ${ref}`,
      hint: `It may use: ${allow.join(", ") || "nothing"}.`,
      details: { rule: "token" },
    });
  for (const [id, rule] of Object.entries(rules)) {
    if (rule.model !== undefined && !fitsTarget(rule.model, target)) continue;
    if (rule.tenant !== undefined && rule.tenant !== call.caller.tenant) continue;
    if (rule.metadata && String(call.metadata[rule.metadata.key] ?? "") !== rule.metadata.value) continue;
    throw new MoltError("FORBIDDEN", {
      message: rule.reason ?? `the rule "${id}" forbids ${ref}`,
      hint: "Use another model, or change the rule under Settings, AI Gateway.",
      details: { rule: id },
    });
  }
}
