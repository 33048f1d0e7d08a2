/** Any other server that speaks Chat Completions, at the address its owner names. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { listOpenAiModels } from "../list-models.ts";
import { type Provider, withDefaultPath } from "../provider.ts";

export const openaiCompatible: Provider = {
  id: "openai-compatible",
  label: "OpenAI-compatible server",
  dialect: "openai-compatible",
  /** None: it exists only once an address is named. */
  defaultBaseUrl: "",
  needsKey: false,
  keyUrl: null,
  keyVariables: ["OPENAI_COMPATIBLE_API_KEY"],
  baseUrlVariable: "OPENAI_COMPATIBLE_BASE_URL",
  models: [],
  discovery: "always",
  baseUrlFrom: (url) => withDefaultPath(url, "http://any/v1"),
  create: (modelId, target) => createChatModel(modelId, target, { name: "openai-compatible" }),
  listModels: listOpenAiModels,
};
