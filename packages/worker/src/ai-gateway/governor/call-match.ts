/** Which calls a rule is about: patterns of providers and models, and whose spending is counted together. */

import type { BudgetRule, RateRule } from "../../config/sections/limits.ts";
import type { Caller, CallTarget, PlannedCall } from "./governor.ts";

/** `provider`, `provider/model`, or either with `*` at the end. */
export function fitsTarget(pattern: string, { provider, model }: Pick<CallTarget, "provider" | "model">): boolean {
  if (pattern === "*" || pattern === provider) return true;
  const ref = `${provider}/${model}`;
  return pattern.endsWith("*") ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
}

type Scope = BudgetRule["scope"] | RateRule["scope"];

/** Whose counter of this scope the call falls under; null when it falls under none. */
export function partOf(scope: Scope, call: PlannedCall, target: CallTarget, key?: string): string | null {
  const { caller } = call;
  if (scope === "all") return "";
  if (scope === "provider") return target.provider;
  if (scope === "model") return `${target.provider}/${target.model}`;
  if (scope !== "metadata") return callerPart(scope, caller);
  const value = key === undefined ? undefined : call.metadata[key];
  return value === undefined ? null : String(value).slice(0, 200);
}

function callerPart(scope: "tenant" | "token" | "session" | "channel" | "schedule", caller: Caller): string | null {
  if (scope === "tenant") return caller.tenant;
  if (scope === "token") return caller.tokenId;
  if (scope === "session") return caller.sessionKey;
  return scope === "channel" ? caller.channel : caller.schedule;
}
