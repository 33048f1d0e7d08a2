/** From the agent's request to one SDK call: how much to think, in each dialect's own words. */

import type { LanguageModelV4CallOptions, SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { ModelRequest } from "../agent/model.ts";
import type { Provider } from "./provider.ts";

export interface CallFacts {
  provider: Provider;
  row: ModelRow;
  signal: AbortSignal;
}

export function callOptions(request: ModelRequest, { provider, row, signal }: CallFacts): LanguageModelV4CallOptions {
  // "off" leaves it to the provider: some models cannot be told not to think, and refuse to be asked.
  const thinks = row.reasoning && request.thinking !== "off";
  return {
    prompt: request.prompt,
    abortSignal: signal,
    providerOptions: providerOptions(provider, thinks),
    ...(request.tools.length > 0 ? { tools: request.tools, toolChoice: { type: "auto" } } : {}),
    ...(thinks ? { reasoning: request.thinking as "minimal" | "low" | "medium" | "high" } : {}),
    ...maxOutput(request, provider, row),
  };
}

/** Anthropic must be told, and counts it against the context: the SDK's own choice, the model's most, would not fit beside a long conversation. */
function maxOutput(request: ModelRequest, provider: Provider, row: ModelRow): { maxOutputTokens?: number } {
  if (request.maxOutputTokens !== undefined) return { maxOutputTokens: request.maxOutputTokens };
  if (provider.dialect !== "anthropic") return {};
  // The SDK adds the room for thinking to this, up to as much again.
  return { maxOutputTokens: Math.min(row.maxOutputTokens, 32_000, Math.floor(row.contextWindow / 10)) };
}

function providerOptions(provider: Provider, thinks: boolean): SharedV4ProviderOptions {
  if (provider.dialect === "openai") {
    return {
      openai: {
        store: false,
        strictJsonSchema: false,
        ...(thinks ? { reasoningSummary: "auto" } : {}),
      },
    };
  }
  if (provider.dialect === "google" && thinks) return { google: { thinkingConfig: { includeThoughts: true } } };
  return {};
}
