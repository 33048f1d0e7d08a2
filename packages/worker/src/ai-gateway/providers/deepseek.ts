/** DeepSeek, over Chat Completions. Its thinking models want their reasoning back between tool calls. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { listOpenAiModels } from "../list-models.ts";
import type { Provider } from "../provider.ts";

export const deepseek: Provider = {
  id: "deepseek",
  label: "DeepSeek",
  dialect: "openai-compatible",
  defaultBaseUrl: "https://api.deepseek.com/v1",
  needsKey: true,
  keyUrl: "https://platform.deepseek.com/api_keys",
  keyVariables: ["DEEPSEEK_API_KEY"],
  baseUrlVariable: "DEEPSEEK_BASE_URL",
  defaultModel: "deepseek-v4-flash",
  models: [
    {
      id: "deepseek-v4-flash",
      name: "DeepSeek V4 Flash",
      contextWindow: 1_000_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text"],
    },
    {
      id: "deepseek-v4-pro",
      name: "DeepSeek V4 Pro",
      contextWindow: 1_000_000,
      maxOutputTokens: 64_000,
      reasoning: true,
      input: ["text"],
    },
  ],
  pricesId: "deepseek",
  create: (modelId, target) => createChatModel(modelId, target, { name: "deepseek", returnReasoning: true }),
  listModels: listOpenAiModels,
};
