/** Scopes of a grant, OpenClaw's words, and one of ours for programs that only make model calls. `admin` contains all; `write` contains `read`. */

export const scopes = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
  "gateway.use",
] as const;
export type Scope = (typeof scopes)[number];

/** True when a grant's scopes contain the needed one. */
export function hasScope(granted: readonly Scope[], needed: Scope): boolean {
  if (granted.includes("operator.admin") || granted.includes(needed)) return true;
  return needed === "operator.read" && granted.includes("operator.write");
}
