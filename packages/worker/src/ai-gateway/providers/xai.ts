/** xAI, over Chat Completions. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { listOpenAiModels } from "../list-models.ts";
import type { Provider } from "../provider.ts";

export const xai: Provider = {
  id: "xai",
  label: "xAI",
  dialect: "openai-compatible",
  defaultBaseUrl: "https://api.x.ai/v1",
  needsKey: true,
  keyUrl: "https://console.x.ai",
  keyVariables: ["XAI_API_KEY"],
  baseUrlVariable: "XAI_BASE_URL",
  defaultModel: "grok-4.6",
  models: [
    {
      id: "grok-4.6",
      name: "Grok 4.6",
      contextWindow: 500_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text", "image"],
    },
    {
      id: "grok-4-1-fast-reasoning",
      name: "Grok 4.1 Fast",
      contextWindow: 2_000_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text", "image"],
    },
  ],
  pricesId: "x-ai",
  create: (modelId, target) => createChatModel(modelId, target, { name: "xai" }),
  listModels: listOpenAiModels,
};
