/** Anthropic: Claude models over the Messages API. */

import { anthropicBaseUrl, createAnthropicModel } from "../dialects/anthropic.ts";
import { firstNumber, getJson, plainModel, recordsIn } from "../list-models.ts";
import type { KnownModel, Provider } from "../provider.ts";

const claude = (id: string, name: string, contextWindow: number, maxOutputTokens: number): KnownModel => ({
  id,
  name,
  contextWindow,
  maxOutputTokens,
  reasoning: true,
  input: ["text", "image"],
});

export const anthropic: Provider = {
  id: "anthropic",
  label: "Anthropic",
  dialect: "anthropic",
  defaultBaseUrl: "https://api.anthropic.com/v1",
  needsKey: true,
  keyUrl: "https://console.anthropic.com/settings/keys",
  keyVariables: ["ANTHROPIC_API_KEY"],
  baseUrlVariable: "ANTHROPIC_BASE_URL",
  defaultModel: "claude-sonnet-5",
  models: [
    claude("claude-opus-5-5", "Claude Opus 5.5", 1_000_000, 128_000),
    claude("claude-sonnet-5", "Claude Sonnet 5", 1_000_000, 128_000),
    claude("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, 64_000),
  ],
  assumedContext: 200_000,
  pricesId: "anthropic",
  baseUrlFrom: anthropicBaseUrl,
  create: createAnthropicModel,
  async listModels(target, signal) {
    const headers = { "x-api-key": target.apiKey ?? "", "anthropic-version": "2023-06-01" };
    const { data } = await getJson(target, `${target.baseUrl}/models?limit=100`, { headers, signal });
    return recordsIn(data).map((model) => {
      const id = String(model.id);
      const facts = plainModel(id, firstNumber(model.max_input_tokens) ?? 200_000);
      return {
        ...facts,
        name: String(model.display_name ?? id),
        maxOutputTokens: firstNumber(model.max_tokens) ?? 64_000,
        reasoning: true,
        input: ["text", "image"],
      };
    });
  },
};
