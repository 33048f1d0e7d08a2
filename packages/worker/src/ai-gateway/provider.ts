/** What a model provider is: data and one constructor. One file each in `providers/`, one line in `catalog/providers.ts`. */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { SeedVariable } from "@moltworker/protocol/variables";

/** `openai` speaks Responses; `openai-compatible` speaks Chat Completions. */
export type Dialect = "anthropic" | "openai" | "google" | "openai-compatible" | "scripted";

export type KnownModel = Pick<ModelRow, "id" | "name" | "contextWindow" | "maxOutputTokens" | "reasoning" | "input">;

export interface ProviderTarget {
  apiKey: string | undefined;
  baseUrl: string;
  /** The gateway's own egress-bound fetch. */
  fetch: typeof fetch;
}

export interface Provider {
  id: string;
  label: string;
  dialect: Dialect;
  /** Without trailing slash. */
  defaultBaseUrl: string;
  needsKey: boolean;
  keyUrl: string | null;
  keyVariables: SeedVariable[];
  baseUrlVariable?: SeedVariable;
  /** The model used when the owner chose none. */
  defaultModel?: string;
  models: KnownModel[];
  create(modelId: string, target: ProviderTarget): LanguageModelV4;
  /** Asks the provider which models it has; used for discovery and for testing a key. */
  listModels?(target: ProviderTarget, signal: AbortSignal): Promise<KnownModel[]>;
}
