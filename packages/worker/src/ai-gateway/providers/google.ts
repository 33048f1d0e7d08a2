/** Google: Gemini models over generateContent. */

import { createGoogleModel } from "../dialects/google.ts";
import { firstNumber, getJson, plainModel, recordsIn } from "../list-models.ts";
import type { KnownModel, Provider } from "../provider.ts";

const gemini = (id: string, name: string): KnownModel => ({
  id,
  name,
  contextWindow: 1_000_000,
  maxOutputTokens: 65_536,
  reasoning: true,
  input: ["text", "image"],
});

export const google: Provider = {
  id: "google",
  label: "Google",
  dialect: "google",
  defaultBaseUrl: "https://generativelanguage.googleapis.com/v1beta",
  needsKey: true,
  keyUrl: "https://aistudio.google.com/apikey",
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  baseUrlVariable: "GEMINI_BASE_URL",
  defaultModel: "gemini-3.8-flash",
  models: [
    gemini("gemini-3.8-flash", "Gemini 3.8 Flash"),
    gemini("gemini-3.1-pro-preview", "Gemini 3.1 Pro"),
    gemini("gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite"),
  ],
  assumedContext: 1_000_000,
  pricesId: "google",
  create: createGoogleModel,
  async listModels(target, signal) {
    const headers = { "x-goog-api-key": target.apiKey ?? "" };
    const { models } = await getJson(target, `${target.baseUrl}/models?pageSize=200`, { headers, signal });
    return recordsIn(models).flatMap((model) => {
      const methods = model.supportedGenerationMethods;
      if (!Array.isArray(methods) || !methods.includes("generateContent")) return [];
      const id = String(model.name).replace(/^models\//, "");
      const facts = plainModel(id, firstNumber(model.inputTokenLimit) ?? 32_000);
      const maxOutputTokens = firstNumber(model.outputTokenLimit) ?? facts.maxOutputTokens;
      return [
        { ...facts, name: String(model.displayName ?? id), maxOutputTokens, input: ["text", "image"] as ("text" | "image")[] },
      ];
    });
  },
};
