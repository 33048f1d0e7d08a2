/** LM Studio on the owner's machine, found by itself. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { firstNumber, getJson, listOpenAiModels, plainModel, recordsIn } from "../list-models.ts";
import type { KnownModel, Provider } from "../provider.ts";

const assumedContext = 8_192;

export const lmstudio: Provider = {
  id: "lmstudio",
  label: "LM Studio",
  dialect: "openai-compatible",
  defaultBaseUrl: "http://127.0.0.1:1234/v1",
  needsKey: false,
  local: true,
  keyUrl: null,
  keyVariables: [],
  baseUrlVariable: "LMSTUDIO_BASE_URL",
  models: [],
  assumedContext,
  discovery: "always",
  create: (modelId, target) => createChatModel(modelId, target, { name: "lmstudio" }),
  async listModels(target, signal) {
    const own = await getJson(target, `${target.baseUrl.replace(/\/v1$/, "")}/api/v0/models`, { signal }).catch(() => undefined);
    if (!own) return listOpenAiModels(target, signal, assumedContext);
    return recordsIn(own.data).flatMap((model): KnownModel[] => {
      if (typeof model.id !== "string" || model.type === "embeddings") return [];
      const facts = plainModel(model.id, firstNumber(model.loaded_context_length, model.max_context_length) ?? assumedContext);
      return [{ ...facts, input: model.type === "vlm" ? ["text", "image"] : ["text"] }];
    });
  },
};
