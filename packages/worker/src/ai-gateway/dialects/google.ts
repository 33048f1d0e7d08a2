/** Google generateContent. The key travels in a header, never in the URL. */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ProviderTarget } from "../provider.ts";

export async function createGoogleModel(modelId: string, target: ProviderTarget): Promise<LanguageModelV4> {
  const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
  return createGoogleGenerativeAI({ apiKey: target.apiKey ?? "", baseURL: target.baseUrl, fetch: target.fetch })(modelId);
}
