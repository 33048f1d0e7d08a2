/** How large a call is, for reservations and where a provider does not count. */

import type { CallUsage } from "../governor/governor.ts";
import { inputTokensOf, maxOutputOf } from "./estimate.ts";
import type { Sizes, Target } from "./plan.ts";

interface SizeDeps {
  /** The most a model writes when its caller set no limit, tokens. */
  mostOutputOf(provider: string, model: string): number;
}

/** Measured once: the second time may be a turn in which nothing can be read any more. */
export function sizesOf(deps: SizeDeps, target: Target): Sizes {
  return (target.sizes ??= measure(deps, target));
}

function measure(deps: SizeDeps, target: Target): Sizes {
  const { json, model, upstream, dialect } = target;
  const { provider } = upstream;
  const generates = dialect !== "other" || json !== undefined;
  const isEmbedding = /embed/i.test(target.endpoint);
  return {
    provider,
    model,
    inputTokens: json ? inputTokensOf(json) : 0,
    maxOutputTokens: generates && !isEmbedding ? ((json && maxOutputOf(json)) ?? deps.mostOutputOf(provider, model)) : 0,
  };
}

/** A usage for what nobody counted. */
export function guessOf(deps: SizeDeps, target: Target, output: number): CallUsage {
  return { input: sizesOf(deps, target).inputTokens, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
}
