/** Reads a provider's list of models, in the forms that lists come in. */

import { MoltError } from "@moltworker/protocol/errors";
import type { KnownModel, ProviderTarget } from "./provider.ts";

export type Json = Record<string, unknown>;

export async function getJson(target: ProviderTarget, url: string, init: RequestInit): Promise<Json> {
  const response = await target.fetch(url, init);
  try {
    return (await response.json()) as Json;
  } catch (cause) {
    throw new MoltError("PROVIDER_BAD_RESPONSE", {
      message: "the provider's list of models is not JSON",
      hint: "Check the provider's base URL.",
      cause,
    });
  }
}

export const recordsIn = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter((item): item is Json => typeof item === "object" && item !== null) : [];

/** `GET /models` as OpenAI and its many likenesses answer it. */
export async function listOpenAiModels(
  target: ProviderTarget,
  signal: AbortSignal,
  assumedContext = 128_000,
): Promise<KnownModel[]> {
  const headers: Record<string, string> = target.apiKey ? { authorization: `Bearer ${target.apiKey}` } : {};
  const { data } = await getJson(target, `${target.baseUrl}/models`, { headers, signal });
  return recordsIn(data).flatMap((model) => {
    const id = model.id;
    if (typeof id !== "string" || id === "" || isNoChatModel(id)) return [];
    const contextWindow =
      firstNumber(model.context_length, model.context_window, model.max_model_len, model.max_context_length) ?? assumedContext;
    return [{ ...plainModel(id, contextWindow), ...(typeof model.name === "string" ? { name: model.name } : {}) }];
  });
}

/** A model of which only the id and the context are known. Pictures are assumed readable only where a list says so. */
export function plainModel(id: string, contextWindow: number): KnownModel {
  return {
    id,
    name: id,
    contextWindow,
    maxOutputTokens: Math.min(8_192, Math.floor(contextWindow / 2)),
    reasoning: false,
    input: ["text"],
  };
}

export const firstNumber = (...values: unknown[]): number | undefined =>
  values.find((value): value is number => typeof value === "number" && value > 0);

const isNoChatModel = (id: string): boolean =>
  /embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|rerank|ocr|voxtral/i.test(id);
