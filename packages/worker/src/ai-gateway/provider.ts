/** What a model provider is: data and one constructor. One file each in `providers/`, one line in `catalog/providers.ts`. */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { SeedVariable } from "@moltworker/protocol/variables";
import type { Clock } from "../platform/clock.ts";

/** `openai` speaks Responses; `openai-compatible` speaks Chat Completions. */
export type Dialect = "anthropic" | "openai" | "google" | "openai-compatible" | "scripted";

export type KnownModel = Pick<ModelRow, "id" | "name" | "contextWindow" | "maxOutputTokens" | "reasoning" | "input">;

export interface ProviderTarget {
  /** Read at the moment of use; undefined when there is none. */
  apiKey: string | undefined;
  /** As `baseUrlFrom` made it. */
  baseUrl: string;
  /** The gateway's own egress-bound fetch: throws MoltError for every status that is not 2xx. */
  fetch: typeof fetch;
  clock: Clock;
}

export interface Provider {
  id: string;
  label: string;
  /** The dialect it speaks at its default address. */
  dialect: Dialect;
  /** Without trailing slash. */
  defaultBaseUrl: string;
  needsKey: boolean;
  /** Runs on the owner's machine: found by itself at its default address, costs nothing, may be slow to load a model. */
  local?: boolean;
  keyUrl: string | null;
  keyVariables: SeedVariable[];
  baseUrlVariable?: SeedVariable;
  /** The model used when the owner chose none. */
  defaultModel?: string;
  models: KnownModel[];
  /** Context to assume for a model that nobody described, tokens. Default 128,000. */
  assumedContext?: number;
  /** Under which name genai-prices knows this provider. Absent: its prices are unknown (or nothing, when local). */
  pricesId?: string;
  /** `always`: `models` is completed by what the server lists. `moved`: only when the base URL is not the default one. */
  discovery?: "always" | "moved";
  /** Makes the base URL that is used from the one that was typed or set. Default: no trailing slash, the default's path for a bare origin. */
  baseUrlFrom?(url: string): string;
  /** Loads its SDK on first use. */
  create(modelId: string, target: ProviderTarget): Promise<LanguageModelV4>;
  /** Asks the provider which models it has; used for discovery and for testing a key. Throws MoltError. */
  listModels?(target: ProviderTarget, signal: AbortSignal): Promise<KnownModel[]>;
  /** Proves the key by a real call, where listing models proves nothing. Throws MoltError. */
  proveKey?(target: ProviderTarget, signal: AbortSignal): Promise<void>;
}

/** The address that is really called. `url` undefined means the provider's own. */
export function baseUrlOf(provider: Provider, url: string | undefined): string {
  if (!url) return provider.defaultBaseUrl;
  const trimmed = url.trim().replace(/\/+$/, "");
  if (provider.baseUrlFrom) return provider.baseUrlFrom(trimmed);
  return withDefaultPath(trimmed, provider.defaultBaseUrl);
}

/** A bare origin gets the default's path (`/v1`); an address with a path is taken as it is. */
export function withDefaultPath(url: string, defaultUrl: string): string {
  return new URL(url).pathname === "/" ? `${url}${new URL(defaultUrl).pathname.replace(/\/+$/, "")}` : url;
}
