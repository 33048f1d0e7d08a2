/** Ollama on the owner's machine, found by itself. Models are listed by its own API, answers come over Chat Completions. */

import { createChatModel } from "../dialects/chat-completions.ts";
import { firstNumber, getJson, type Json, plainModel, recordsIn } from "../list-models.ts";
import type { KnownModel, Provider, ProviderTarget } from "../provider.ts";

const assumedContext = 8_192;

export const ollama: Provider = {
  id: "ollama",
  label: "Ollama",
  dialect: "openai-compatible",
  defaultBaseUrl: "http://127.0.0.1:11434/v1",
  needsKey: false,
  local: true,
  keyUrl: null,
  keyVariables: [],
  baseUrlVariable: "OLLAMA_HOST",
  models: [],
  assumedContext,
  discovery: "always",
  baseUrlFrom: ollamaBaseUrl,
  create: (modelId, target) => createChatModel(modelId, target, { name: "ollama" }),
  async listModels(target, signal) {
    const { models } = await getJson(target, `${rootOf(target)}/api/tags`, { signal });
    const ids = recordsIn(models).flatMap((model) => (typeof model.name === "string" ? [model.name] : []));
    const chat = ids.filter((id) => !/embed|rerank/i.test(id));
    return Promise.all(chat.map((id) => describeModel(target, id, signal)));
  },
};

/** `OLLAMA_HOST` may be `host`, `host:port` or a URL, and `0.0.0.0` when it names where Ollama listens. */
function ollamaBaseUrl(typed: string): string {
  const url = new URL(/^https?:\/\//.test(typed) ? typed : `http://${typed}`);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  if (!url.port && !/^https?:\/\//.test(typed)) url.port = "11434";
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

const rootOf = (target: ProviderTarget): string => target.baseUrl.replace(/\/v1$/, "");

async function describeModel(target: ProviderTarget, id: string, signal: AbortSignal): Promise<KnownModel> {
  const details = await getJson(target, `${rootOf(target)}/api/show`, {
    method: "POST",
    body: JSON.stringify({ model: id }),
    signal,
  }).catch((): Json => ({}));
  const info = (details.model_info ?? {}) as Json;
  const capabilities = Array.isArray(details.capabilities) ? details.capabilities : [];
  const context = Object.entries(info).find(([key]) => key.endsWith(".context_length"))?.[1];
  return {
    ...plainModel(id, firstNumber(context) ?? assumedContext),
    reasoning: capabilities.includes("thinking"),
    input: capabilities.includes("vision") ? ["text", "image"] : ["text"],
  };
}
