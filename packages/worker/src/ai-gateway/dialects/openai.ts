/** OpenAI Responses. Nothing is stored at OpenAI: reasoning travels sealed inside the conversation instead. */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ProviderTarget } from "../provider.ts";

export async function createResponsesModel(modelId: string, target: ProviderTarget): Promise<LanguageModelV4> {
  const { createOpenAI } = await import("@ai-sdk/openai");
  return createOpenAI({ apiKey: target.apiKey ?? "none", baseURL: target.baseUrl, fetch: target.fetch }).responses(modelId);
}
