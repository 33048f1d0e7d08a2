/** Anthropic Messages, with the prompt's stable beginning marked for Anthropic's cache. */

import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ProviderTarget } from "../provider.ts";

export async function createAnthropicModel(modelId: string, target: ProviderTarget): Promise<LanguageModelV4> {
  const { createAnthropic } = await import("@ai-sdk/anthropic");
  const model = createAnthropic({ apiKey: target.apiKey ?? "", baseURL: target.baseUrl, fetch: target.fetch })(modelId);
  const { doStream, doGenerate } = model;
  const marked = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => ({
    ...options,
    prompt: withCacheMarks(options.prompt),
  });
  model.doStream = (options) => doStream.call(model, marked(options));
  model.doGenerate = (options) => doGenerate.call(model, marked(options));
  return model;
}

const mark = { anthropic: { cacheControl: { type: "ephemeral" } } } as const;

/** Two marks: after the system text (and with it the tools), and after the last message, so that the next step reads all of this one. */
function withCacheMarks(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const last = prompt.length - 1;
  return prompt.map((message, index) => {
    if (message.role !== "system" && index !== last) return message;
    return {
      ...message,
      providerOptions: { ...message.providerOptions, anthropic: { ...message.providerOptions?.anthropic, ...mark.anthropic } },
    };
  });
}

/** `ANTHROPIC_BASE_URL` is by custom the address without `/v1`; both forms are taken. */
export function anthropicBaseUrl(url: string): string {
  return /\/v\d+[a-z]*$/.test(url) ? url : `${url}/v1`;
}
