/**
 * OpenAI over Responses. A base URL of someone else's usually knows Chat Completions alone, so there that dialect is spoken,
 * unless the address itself ends in `/responses` or belongs to a gateway that passes OpenAI's API through.
 */

import { createChatModel } from "../dialects/chat-completions.ts";
import { createResponsesModel } from "../dialects/openai.ts";
import { listOpenAiModels } from "../list-models.ts";
import { type KnownModel, type Provider, type ProviderTarget, withDefaultPath } from "../provider.ts";

const gpt = (id: string, name: string, contextWindow: number): KnownModel => ({
  id,
  name,
  contextWindow,
  maxOutputTokens: 128_000,
  reasoning: true,
  input: ["text", "image"],
});

const defaultBaseUrl = "https://api.openai.com/v1";
const responsesHosts = [/^api\.openai\.com$/, /^[a-z]{2}\.api\.openai\.com$/, /^gateway\.ai\.cloudflare\.com$/];

/** True when Responses is spoken at this address. */
export function speaksResponses(baseUrl: string): boolean {
  return baseUrl.endsWith("/responses") || responsesHosts.some((host) => host.test(new URL(baseUrl).hostname));
}

const rootOf = (target: ProviderTarget): ProviderTarget => ({ ...target, baseUrl: target.baseUrl.replace(/\/responses$/, "") });

export const openai: Provider = {
  id: "openai",
  label: "OpenAI",
  dialect: "openai",
  defaultBaseUrl,
  needsKey: true,
  keyUrl: "https://platform.openai.com/api-keys",
  keyVariables: ["OPENAI_API_KEY"],
  baseUrlVariable: "OPENAI_BASE_URL",
  defaultModel: "gpt-6-sol",
  models: [
    gpt("gpt-6-sol", "GPT-6 Sol", 1_050_000),
    gpt("gpt-6-luna", "GPT-6 Luna", 1_050_000),
    gpt("gpt-5-mini", "GPT-5 mini", 400_000),
  ],
  pricesId: "openai",
  discovery: "moved",
  baseUrlFrom: (url) => withDefaultPath(url, defaultBaseUrl),
  create: (modelId, target) =>
    speaksResponses(target.baseUrl)
      ? createResponsesModel(modelId, rootOf(target))
      : createChatModel(modelId, target, { name: "openai" }),
  listModels: (target, signal) => listOpenAiModels(rootOf(target), signal),
};
