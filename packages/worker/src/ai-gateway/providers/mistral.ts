/** Mistral, over Chat Completions. It refuses tool call ids that are not nine letters and digits, and the field that asks for usage. */

import { type ChatBody, createChatModel } from "../dialects/chat-completions.ts";
import { listOpenAiModels } from "../list-models.ts";
import type { Provider } from "../provider.ts";

export const mistral: Provider = {
  id: "mistral",
  label: "Mistral",
  dialect: "openai-compatible",
  defaultBaseUrl: "https://api.mistral.ai/v1",
  needsKey: true,
  keyUrl: "https://console.mistral.ai/api-keys",
  keyVariables: ["MISTRAL_API_KEY"],
  baseUrlVariable: "MISTRAL_BASE_URL",
  defaultModel: "mistral-medium-latest",
  models: [
    {
      id: "mistral-medium-latest",
      name: "Mistral Medium",
      contextWindow: 262_144,
      maxOutputTokens: 32_000,
      reasoning: false,
      input: ["text", "image"],
    },
    {
      id: "mistral-small-latest",
      name: "Mistral Small",
      contextWindow: 262_144,
      maxOutputTokens: 32_000,
      reasoning: false,
      input: ["text", "image"],
    },
  ],
  pricesId: "mistral",
  create: (modelId, target) => createChatModel(modelId, target, { name: "mistral", askUsage: false, adapt: withShortIds }),
  listModels: listOpenAiModels,
};

function withShortIds(body: ChatBody): ChatBody {
  const messages = body.messages?.map((message) => {
    const out = { ...message };
    if (typeof message.tool_call_id === "string") out.tool_call_id = shortId(message.tool_call_id);
    if (message.tool_calls) out.tool_calls = message.tool_calls.map((call) => ({ ...call, id: shortId(call.id) }));
    return out;
  });
  return messages ? { ...body, messages } : body;
}

/** Nine letters and digits, the same for the same id: Mistral's own ids stay as they are. */
export function shortId(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id;
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  for (let index = 0; index < id.length; index += 1) {
    high = Math.imul(high ^ id.charCodeAt(index), 0x01000193);
    low = Math.imul(low ^ id.charCodeAt(index), 0x85ebca6b) ^ (low >>> 13);
  }
  return ((high >>> 0).toString(36).padStart(7, "0") + (low >>> 0).toString(36).padStart(7, "0")).slice(-9);
}
