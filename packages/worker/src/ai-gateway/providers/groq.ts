/** Groq, over Chat Completions. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { listOpenAiModels } from "../list-models.ts";
import type { Provider } from "../provider.ts";

export const groq: Provider = {
  id: "groq",
  label: "Groq",
  dialect: "openai-compatible",
  defaultBaseUrl: "https://api.groq.com/openai/v1",
  needsKey: true,
  keyUrl: "https://console.groq.com/keys",
  keyVariables: ["GROQ_API_KEY"],
  baseUrlVariable: "GROQ_BASE_URL",
  defaultModel: "openai/gpt-oss-120b",
  models: [
    {
      id: "openai/gpt-oss-120b",
      name: "GPT-OSS 120B",
      contextWindow: 131_072,
      maxOutputTokens: 32_768,
      reasoning: true,
      input: ["text"],
    },
    {
      id: "openai/gpt-oss-20b",
      name: "GPT-OSS 20B",
      contextWindow: 131_072,
      maxOutputTokens: 32_768,
      reasoning: true,
      input: ["text"],
    },
    {
      id: "llama-3.3-70b-versatile",
      name: "Llama 3.3 70B",
      contextWindow: 131_072,
      maxOutputTokens: 32_768,
      reasoning: false,
      input: ["text"],
    },
  ],
  pricesId: "groq",
  create: (modelId, target) => createChatModel(modelId, target, { name: "groq" }),
  listModels: listOpenAiModels,
};
