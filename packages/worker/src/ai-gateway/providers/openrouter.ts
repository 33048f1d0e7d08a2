/** OpenRouter, over Chat Completions. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { getJson, listOpenAiModels } from "../list-models.ts";
import type { Provider } from "../provider.ts";

export const openrouter: Provider = {
  id: "openrouter",
  label: "OpenRouter",
  dialect: "openai-compatible",
  defaultBaseUrl: "https://openrouter.ai/api/v1",
  needsKey: true,
  keyUrl: "https://openrouter.ai/keys",
  keyVariables: ["OPENROUTER_API_KEY"],
  baseUrlVariable: "OPENROUTER_BASE_URL",
  defaultModel: "anthropic/claude-sonnet-5",
  models: [
    {
      id: "anthropic/claude-sonnet-5",
      name: "Claude Sonnet 5",
      contextWindow: 1_000_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text", "image"],
    },
    {
      id: "anthropic/claude-haiku-4.5",
      name: "Claude Haiku 4.5",
      contextWindow: 200_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text", "image"],
    },
  ],
  pricesId: "openrouter",
  create: (modelId, target) => createChatModel(modelId, target, { name: "openrouter" }),
  listModels: listOpenAiModels,
  /** Its list of models is public, so it proves nothing about a key. */
  async proveKey(target, signal) {
    await getJson(target, `${target.baseUrl}/key`, { headers: { authorization: `Bearer ${target.apiKey ?? ""}` }, signal });
  },
};
