/** Of a program's conversation (`x-session-affinity`): whether each request goes on where the last one ended, and what it cost when not. */

import type { PrefixBreak } from "@moltworker/protocol/gateway";
import { breakCost, type Comparison, PrefixWatch } from "../governor/prefix-watch.ts";
import type { Prices } from "../prices.ts";
import type { Json } from "./call-body.ts";
import type { Target } from "./plan.ts";

export class PrefixNotes {
  private readonly watch = new PrefixWatch();
  private readonly prices: Pick<Prices, "known">;

  constructor(prices: Pick<Prices, "known">) {
    this.prices = prices;
  }

  /** Undefined for a call of no conversation, or whose body is not held. */
  compare(conversation: string | null, { upstream, model, json, bytes }: Target, now: number): Comparison | undefined {
    if (conversation === null || bytes === null || json === undefined) return undefined;
    return this.watch.compare(conversation, `${upstream.provider}/${model}`, promptText(json), now);
  }

  /** Once it ended. `input`: prompt tokens as the provider counted them. */
  ended(conversation: string, comparison: Comparison, target: Target, input: number): PrefixBreak | null {
    this.watch.noteTokens(conversation, input);
    return breakCost(comparison, this.prices.known(target.upstream.provider, target.model));
  }
}

/** In the order in which providers read it; marks of what is to be cached move along without breaking anything. */
function promptText(json: Json): string {
  const first = json.system ?? json.instructions ?? json.systemInstruction ?? json.system_instruction ?? null;
  const parts = [json.tools ?? null, first, json.messages ?? json.input ?? json.contents ?? null];
  return JSON.stringify(parts, (name, value: unknown) => (name === "cache_control" ? undefined : value));
}
