/** Variables of other deployments that switched sign-in off. Nothing does that here; whoever sets them is told what to do instead. */

import type { Seeds } from "../env.ts";
import type { Log } from "../platform/log.ts";

const replacements = {
  DEV_MODE: "signing in with the link that `npx moltworker link` prints; it takes one click and no Access",
  E2E_TEST_MODE: "a gateway token in MOLTBOT_GATEWAY_TOKEN, which tests send in the connect frame or as a bearer",
} as const;

export interface IgnoredVariable {
  name: string;
  cause: string;
  cure: string;
}

/** Those that are set, whatever their value. */
export function ignoredVariables(seeds: Seeds): IgnoredVariable[] {
  return Object.entries(replacements)
    .filter(([name]) => seeds[name as keyof typeof replacements] !== undefined)
    .map(([name, replacement]) => ({
      name,
      cause: `${name} opens no door here: every caller signs in`,
      cure: `Unset it. It is replaced by ${replacement}.`,
    }));
}

/** One warning for each that is set. */
export function reportIgnoredVariables(seeds: Seeds, log: Log): void {
  for (const ignored of ignoredVariables(seeds)) log.warn("config.variable-ignored", { ...ignored });
}
