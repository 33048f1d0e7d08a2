/** Tokens and dollars of one step. What the provider did not report is estimated and marked so; unknown is never zero. */

import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "@moltworker/protocol/messages";
import type { ModelRequest } from "../agent/model.ts";

/** Rule of thumb for every tokenizer in use: good to about a fifth for prose, and nothing here needs better. */
const charactersPerToken = 4;

export const tokensOf = (characters: number): number => Math.ceil(characters / charactersPerToken);

/** From what the provider reported; the missing half is estimated. Cost is filled in by the caller. */
export function usageFrom(reported: LanguageModelV4Usage | undefined, estimate: () => { input: number; output: number }): Usage {
  const input = reported?.inputTokens.total;
  const output = reported?.outputTokens.total;
  const known = input !== undefined && output !== undefined;
  const guess = known ? { input, output } : estimate();
  const usage = {
    input: input ?? guess.input,
    output: output ?? guess.output,
    cacheRead: reported?.inputTokens.cacheRead ?? 0,
    cacheWrite: reported?.inputTokens.cacheWrite ?? 0,
    reasoning: reported?.outputTokens.reasoning ?? 0,
  };
  return { ...usage, totalTokens: usage.input + usage.output, cost: null, estimated: !known };
}

/** Tokens to hold for: three bytes each, which no tokenizer in use exceeds by much for any language. */
export function plannedTokens(request: ModelRequest): number {
  let pictures = 0;
  for (const message of request.prompt)
    if (typeof message.content !== "string") for (const part of message.content) pictures += Number(part.type === "file");
  return Math.ceil(new TextEncoder().encode(requestText(request)).length / 3) + pictures * pictureTokens;
}

/** What the model reads in the order in which it reads it, without the bytes of files. */
export function requestText(request: ModelRequest): string {
  const withoutBytes = (_key: string, value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : value);
  return JSON.stringify([request.tools, request.prompt], withoutBytes);
}

/** Characters of a request that a model reads; pictures count a fixed sum. */
export function requestCharacters(request: ModelRequest): number {
  let characters = 0;
  for (const message of request.prompt) {
    if (typeof message.content === "string") characters += message.content.length;
    else for (const part of message.content) characters += partCharacters(part);
  }
  for (const tool of request.tools)
    characters += tool.name.length + (tool.description?.length ?? 0) + JSON.stringify(tool.inputSchema).length;
  return characters;
}

const pictureTokens = 1_500;
const pictureCharacters = pictureTokens * charactersPerToken;

function partCharacters(part: { type: string }): number {
  if ("text" in part && typeof part.text === "string") return part.text.length;
  if (part.type === "file") return pictureCharacters;
  if ("input" in part) return JSON.stringify(part.input).length;
  return "output" in part ? JSON.stringify(part.output).length : 0;
}
