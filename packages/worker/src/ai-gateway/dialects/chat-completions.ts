/** OpenAI Chat Completions, as most of the world speaks it, each server with small habits of its own. */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ProviderTarget } from "../provider.ts";

export interface ChatHabits {
  /** Provider id: the key of its provider data. */
  name: string;
  /** Asks for usage in the stream. Default true; some servers refuse the unknown field and send usage anyway. */
  askUsage?: boolean;
  /** Sends the model's reasoning text back to it. Default false: most servers refuse the field. */
  returnReasoning?: boolean;
  /** Last change to the body before it is sent. */
  adapt?(body: ChatBody): ChatBody;
}

export type ChatBody = Record<string, unknown> & { messages?: ChatMessage[] };
export type ChatMessage = Record<string, unknown> & { tool_calls?: { id: string; [key: string]: unknown }[] };

export async function createChatModel(modelId: string, target: ProviderTarget, habits: ChatHabits): Promise<LanguageModelV4> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const create = createOpenAICompatible({
    name: habits.name,
    baseURL: target.baseUrl,
    fetch: target.fetch,
    includeUsage: habits.askUsage !== false,
    transformRequestBody: (body) => adaptBody(body as ChatBody, habits),
    ...(target.apiKey ? { apiKey: target.apiKey } : {}),
  });
  return create(modelId);
}

function adaptBody(body: ChatBody, habits: ChatHabits): ChatBody {
  const messages = habits.returnReasoning ? body.messages : body.messages?.map(withoutReasoning);
  const adapted = messages ? { ...body, messages } : body;
  return habits.adapt ? habits.adapt(adapted) : adapted;
}

function withoutReasoning(message: ChatMessage): ChatMessage {
  if (!("reasoning_content" in message)) return message;
  const { reasoning_content: _reasoning, ...rest } = message;
  return rest;
}
