/** Variables of other deployments that do nothing here, above all those that switched sign-in off. Whoever sets one is told what to do instead. */

import { replacementOf } from "@moltworker/protocol/variables";
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

/** Those that are set, whatever their value: first what once opened a door, then what nothing reads. */
export function ignoredVariables(seeds: Seeds, unused: readonly string[]): IgnoredVariable[] {
  const doors = Object.entries(replacements)
    .filter(([name]) => seeds[name as keyof typeof replacements] !== undefined)
    .map(([name, replacement]) => ({
      name,
      cause: `${name} opens no door here: every caller signs in`,
      cure: `Unset it. It is replaced by ${replacement}.`,
    }));
  const idle = unused.map((name) => ({
    name,
    cause: `${name} is not used here`,
    cure: `Unset it. In its place there is ${replacementOf(name)}.`,
  }));
  return [...doors, ...idle];
}

/** One warning for each that is set. */
export function reportIgnoredVariables(seeds: Seeds, unused: readonly string[], log: Log): void {
  for (const ignored of ignoredVariables(seeds, unused)) log.warn("config.variable-ignored", { ...ignored });
}
