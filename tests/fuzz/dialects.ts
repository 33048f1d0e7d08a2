/** For each dialect: a model to compile for, the real SDK's body for a prompt, and the checker of that API's rules. */

import type { ModelRequest } from "../../packages/worker/src/agent/model.ts";
import { baseUrlOf, type Provider } from "../../packages/worker/src/ai-gateway/provider.ts";
import { anthropic } from "../../packages/worker/src/ai-gateway/providers/anthropic.ts";
import { deepseek } from "../../packages/worker/src/ai-gateway/providers/deepseek.ts";
import { google } from "../../packages/worker/src/ai-gateway/providers/google.ts";
import { groq } from "../../packages/worker/src/ai-gateway/providers/groq.ts";
import { mistral } from "../../packages/worker/src/ai-gateway/providers/mistral.ts";
import { openai } from "../../packages/worker/src/ai-gateway/providers/openai.ts";
import { systemClock } from "../../packages/worker/src/platform/clock.ts";
import { anthropicFaults, chatFaults, googleFaults, responsesFaults } from "./check-body.ts";

type Json = Record<string, unknown>;

export interface FuzzDialect {
  name: string;
  provider: Provider;
  model: string;
  /** Reads pictures. */
  pictures: boolean;
  faults(body: Json): string[];
}

export const fuzzDialects: readonly FuzzDialect[] = [
  { name: "anthropic", provider: anthropic, model: "claude-sonnet-5", pictures: true, faults: anthropicFaults },
  { name: "responses", provider: openai, model: "gpt-6-sol", pictures: true, faults: responsesFaults },
  { name: "chat-completions", provider: groq, model: "openai/gpt-oss-120b", pictures: false, faults: chatFaults },
  { name: "google", provider: google, model: "gemini-3.8-flash", pictures: true, faults: googleFaults },
];

/** Servers with habits of their own inside Chat Completions. */
export const chatVariants: readonly FuzzDialect[] = [
  { name: "deepseek", provider: deepseek, model: "deepseek-v4-pro", pictures: false, faults: chatFaults },
  {
    name: "mistral",
    provider: mistral,
    model: "mistral-medium-latest",
    pictures: true,
    faults: (body) => [...chatFaults(body), ...longIds(body)],
  },
];

function longIds(body: Json): string[] {
  const messages = body.messages as Json[];
  const ids = messages.flatMap((message) => ((message.tool_calls ?? []) as Json[]).map((call) => String(call.id)));
  return ids.filter((id) => !/^[a-zA-Z0-9]{9}$/.test(id)).map((id) => `id ${id}`);
}

const stopped = new Error("captured");
const tools = [
  {
    type: "function" as const,
    name: "bash",
    description: "Runs a command.",
    inputSchema: { type: "object" as const, properties: { command: { type: "string" as const } } },
  },
];

/** A function from prompt to the JSON body that the provider's SDK sends. */
export async function bodyMaker(dialect: FuzzDialect): Promise<(prompt: ModelRequest["prompt"]) => Promise<Json>> {
  let body = "";
  const model = await dialect.provider.create(dialect.model, {
    apiKey: "key",
    baseUrl: baseUrlOf(dialect.provider, undefined),
    clock: systemClock,
    fetch: (_url, init) => {
      body = String(init?.body);
      throw stopped;
    },
  });
  const options = dialect.name === "responses" ? { providerOptions: { openai: { store: false } } } : {};
  return async (prompt) => {
    body = "";
    try {
      await model.doStream({ prompt, tools, ...options });
    } catch (error) {
      if (body === "") throw error;
    }
    return JSON.parse(body) as Json;
  };
}
